import { z } from "zod";
import { duration, headline, stripTerminal } from "../text.ts";
import { type Tool, type ToolDesk, type ToolResult, tool } from "./tool.ts";

/** What is told of the way out; `hosts` as they are declared. */
const aboutIn = (hosts: readonly string[]): string =>
  `Run a bash command in the repository root, in a sandbox ${hosts.length === 0 ? "without network" : `that reaches only ${hosts.join(", ")}`}. Each call is a new shell. Outputs over 10,000 characters lose their middle.`;

const DEFAULT_SECONDS = 120;
const MAX_SECONDS = 900;
/** What the model sees of one output; the whole of it stays readable in a file. */
const MAX_CHARACTERS = 10_000;
const MAX_LINES = 256;
const SLACK = 1.2;

export const bash = tool({
  name: "bash",
  about: aboutIn([]),
  effect: "execute",
  input: z.strictObject({
    command: z.string().min(1, "is empty"),
    timeout_s: z
      .int()
      .min(1)
      .max(MAX_SECONDS, `is at most ${MAX_SECONDS}`)
      .nullable()
      .describe(`Default ${DEFAULT_SECONDS}, at most ${MAX_SECONDS}`),
  }),
  summary: ({ command }) => headline(command, 120),
  async run({ command, timeout_s: seconds }, desk) {
    const wallMs = (seconds ?? DEFAULT_SECONDS) * 1000;
    const result = await desk.sandbox.exec(["/bin/bash", "-c", command], {
      merge: true,
      wallMs,
      signal: desk.signal,
      ...(desk.onOutput && { onOutput: desk.onOutput }),
    });
    const output = stripTerminal(result.stdout.toString("utf8")).replaceAll("\0", "\u2400").trimEnd();
    const shown = await shorten(output, result.truncated, desk);
    const limits = {
      timeout: `killed after ${duration(wallMs)}`,
      idle: "killed: no output and no processor used for too long; it waits for something",
      output: `killed: it wrote more than ${Math.round(result.bytes / 2 ** 20)} MiB`,
      disk: "killed: it filled its share of the disk",
      "disk-floor": "killed: the disk is nearly full",
      memory: "killed: it used too much memory",
      processes: "killed: it started too many processes",
      abort: "interrupted",
    };
    const state = result.killed ? limits[result.killed] : `exit ${result.exitCode}`;
    const text = `[${state}, ${duration(result.ms)}]\n${shown || "(no output)"}`;
    return { ok: result.exitCode === 0, text, full: output, exitCode: result.exitCode } satisfies ToolResult;
  },
});

/** The same tool where commands may reach hosts. */
export const bashReaching = (hosts: readonly string[]): Tool => ({
  ...bash,
  spec: { ...bash.spec, about: aboutIn(hosts) },
});

/** Head and tail of a long output; the middle is left out visibly, and the whole is put into a file inside the sandbox. */
async function shorten(output: string, truncated: boolean, { sandbox, number, signal }: ToolDesk): Promise<string> {
  // A cut that saves next to nothing only costs a turn.
  if (output.length <= MAX_CHARACTERS * SLACK && output.split("\n").length <= MAX_LINES * SLACK) return output;
  const file = `/tmp/output-${number}.txt`;
  const saved = await sandbox.exec(["/bin/bash", "-c", 'cat > "$0"', file], { stdin: output, signal });
  const half = MAX_CHARACTERS / 2;
  const head = output
    .slice(0, half)
    .split("\n")
    .slice(0, MAX_LINES / 2)
    .join("\n");
  const tail = output
    .slice(-half)
    .split("\n")
    .slice(-MAX_LINES / 2)
    .join("\n");
  const left = output.length - head.length - tail.length;
  const where = saved.exitCode === 0 ? `; ${truncated ? "what was kept" : "all"} of it: ${file}` : "";
  return `${head}\n[… ${left} of ${output.length} characters left out${where} …]\n${tail}`;
}
