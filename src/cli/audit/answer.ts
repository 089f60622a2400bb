import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { type Answer, answersOf } from "../../reports/answers.ts";
import { resultOf } from "../../reports/result.ts";
import { fateOf } from "../../repo/claw-commits.ts";
import { printableLine } from "../../text.ts";
import { command } from "../command.ts";
import { hasColours, type Style, styleFor } from "../style.ts";
import { signedText } from "./signatures.ts";
import { readSubject, readSubjectFile, type Subject } from "./subject.ts";

export const answer = command({
  arguments: "[what]",
  options: [
    ["--repository <path>", "where commits and branches are looked up (default: the repository around this directory)"],
    ["--no-repository", "answer from the ledger alone"],
    ["--file <file>", "answer from a run that claw audit export wrote, without a ledger"],
    ["--key <file>", "with --file: the public key (PEM, ed25519) that must have signed it"],
    ["--json", "print one JSON object"],
  ],
  more: `Answers five questions about a run, each with the events it rests on: who approved the prompts, which model wrote the
patch, was the issue reproduced, what tests ran, and what was accepted, rejected or overwritten. The record is checked first.

What is asked about is a run, a commit or branch that claw made, or a pull request that it opened, by its address or like
'#12': the ledger knows which run that was. Without it, the newest run is meant.

Examples:
  claw audit answer HEAD
  claw audit answer https://github.com/o/r/pull/12
  claw audit answer claw/umlauts-are-lost-1kb2c3d4e5f6

Exit codes: 0 answered; 24 the record is not as it was written`,
  working: "reading the ledger",
  input: z.object({
    what: z.string().optional(),
    repository: z.union([z.string(), z.literal(false)]).optional(),
    file: z.string().optional(),
    key: z.string().optional(),
    json: z.boolean().default(false),
  }),
  async run({ what, repository, file, key, json }, { app, cwd, out, terminal }) {
    if (key !== undefined && file === undefined)
      throw new UsageError("--key is for --file", "leave it out: a ledger is not signed");
    const opened = await app();
    const asked = { what, cwd, repository };
    const subject = await (file === undefined
      ? readSubject(opened, asked)
      : readSubjectFile(opened, { ...asked, file, key }));
    const { facts, head, signed } = subject;
    const { run, outcome, commit, branch, base } = resultOf(facts);
    const fate = subject.repository && commit ? await fateOf(subject.repository, { commit, branch }) : null;
    const answers = answersOf(facts.events, fate);
    if (json) {
      return out(
        JSON.stringify({
          type: "answers",
          version: 1,
          run,
          outcome,
          base,
          commit,
          record: facts.head,
          signed,
          answers,
        }),
      );
    }
    const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
    out(`run ${run}, ${outcome ?? "not ended"}\n${style.good("✓")} ${checked(facts.events.length, head)}`);
    if (signed) out(signedText(signed));
    for (const [index, one] of answers.entries()) out(`\n${render(index + 1, one, style)}`);
  },
});

const checked = (events: number, head: Subject["head"]): string =>
  `its ${events} events are as they were written${head ? `, and the head that ${head.where} names is one of them` : ""}`;

const render = (number: number, { question, answer: text, evidence }: Answer, style: Style): string =>
  [
    style.strong(`${number}. ${question}`),
    `   ${printableLine(text)}`,
    ...evidence.map(({ event, fact }) => style.faint(`   event ${String(event).padEnd(4)} ${printableLine(fact)}`)),
  ].join("\n");
