import { failure } from "../explain.ts";
import { jobOvertime, type Trouble, troubleIn } from "../infrastructure.ts";
import { stepName } from "../log-line.ts";
import type { Found } from "./dialect.ts";

interface Sign {
  readonly trouble: Trouble | null;
  readonly text: string;
  readonly offset: number;
  readonly step: string | null;
}

const MOST_SIGNS = 20;
const KEPT_LINES = 40;
/** Words that every sign of trouble contains one of: most lines need no closer look. */
const hint =
  /\bE[A-Z]{3,}\d*\b|memory|space|[Oo]ut ?of|OOM|[Kk]ill|shutdown|lost|[Rr]unner|[Aa]gent|[Tt]oo ?[Mm]any|Too long|\*\*\*|[Rr]ate|limit|npm|token|denied|[Cc]redential|[Uu]nauthorized|[Cc]ould not|[Cc]annot|[Ff]ailed|[Ff]ailure|failure|[Uu]nable|[Tt]ime|[Nn]ot found|not recognized|missing|[Mm]issing|resolve|[Rr]efused|reset|[Nn]etwork|[Hh]ost|fatal|curl|wget|TLS|SSL|in use|allocated|locked|Errno|[Ee]xception|Executable|libraries|GLIBC|display|50[234]|429|\bcode \d|status \d|evicted|preempt|[Cc]ancel/;

/** The rest of a log: what it says of the machine, of the step that failed, and how it ends. */
export interface PlainReader {
  line(text: string, offset: number): void;
  /** What a log in which nothing else was found says of why the job failed; null when it does not look failed. */
  end(others: boolean): Found | null;
}

/** Looks on while others read. */
export function plainReader(): PlainReader {
  const signs: Sign[] = [];
  let tail: { text: string; offset: number }[] = [];
  let step: string | null = null;
  let overtime: Sign | null = null;
  let failed: {
    code: number | null;
    offset: number;
    tail: readonly { text: string; offset: number }[];
    step: string | null;
  } | null = null;

  return {
    line(text, offset) {
      const named = stepName(text);
      if (named !== null) step = named;
      if (text.trim() !== "") {
        tail.push({ text: text.slice(0, 500), offset });
        if (tail.length > 8 * KEPT_LINES) tail = tail.slice(-KEPT_LINES);
      }
      if (text.length > 4000 || !hint.test(text)) return;
      const ended =
        /^(?:Error: )?Process completed with exit code (\d+)|^ERROR: Job failed: exit (?:code|status) (\d+)|^##\[error\]Bash exited with code '(\d+)'|^The command .* exited with (\d+)\.|^Exited with code exit status (\d+)|^Build step '.*' marked build as failure|^(?:npm ERR!|npm error) Test failed|^error: (?:script|command) .* exited with (?:code )?(\d+)|^make: \*\*\* \[.*\] Error (\d+)|^FAILURE: Build failed with an exception|^\[INFO\] BUILD FAILURE/.exec(
          text,
        );
      if (ended) failed = { code: Number(ended.slice(1).find(Boolean) ?? 1), offset, tail: tail.slice(0, -1), step };
      if (overtime === null && jobOvertime.test(text)) overtime = { trouble: null, text, offset, step };
      if (signs.length >= MOST_SIGNS) return;
      const trouble = troubleIn(text);
      if (trouble) signs.push({ trouble, text, offset, step });
    },
    end(others) {
      if (overtime) return job(overtime, `the job was stopped: ${overtime.text.trim()}`, true);
      const strong = signs.findLast(({ trouble }) => trouble?.weak !== true);
      const lost = signs.find(({ trouble }) => trouble?.cause === "runner");
      // Beside failing tests only the loss of the runner says more than they do.
      if (others) return lost && failed === null ? job(lost, lost.text, false) : null;
      const sign = lost ?? strong ?? signs.at(-1);
      if (sign && (failed || sign.trouble?.weak !== true)) return job(sign, sign.text, false);
      if (!failed) return null;
      const lines = failed.tail.slice(-15);
      return failure({
        format: "log",
        kind: "job",
        titles: [failed.step === null ? "(job)" : `(job: ${failed.step})`],
        offset: lines[0]?.offset ?? failed.offset,
        text: [...lines.map(({ text }) => text), `exit code ${failed.code}`].join("\n"),
        message: errorLine(lines) ?? `the step ended with exit code ${failed.code}, and no failing test is told`,
      });
    },
  };
}

const errorLine = (lines: readonly { readonly text: string }[]): string | null =>
  (
    lines.findLast(({ text }) => /^\s*[\w.]*(?:Error|Exception)\b:?/.test(text)) ??
    lines.findLast(({ text }) => /\b(?:error|fatal|exception|failed|cannot)\b/i.test(text))
  )?.text.trim() ?? null;

const job = ({ text, offset, step }: Sign, message: string, timedOut: boolean): Found =>
  failure({
    format: "log",
    kind: "job",
    titles: [step === null ? "(job)" : `(job: ${step})`],
    offset,
    text,
    message: message.trim(),
    timedOut,
  });
