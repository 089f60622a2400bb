import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { headline } from "../../text.ts";
import type { InPlace } from "../../workflows/chat/in-place.ts";
import { oneQuestion, tellAnswer } from "../chat/answer-once.ts";
import { sessionLimits } from "../chat/limits.ts";
import { command, type CommandDesk } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { watchRun } from "../watch-run.ts";

const Input = z.object({
  question: z.array(z.string()).default([]),
  model: z.string().trim().min(1, "must not be empty").optional(),
  budgetUsd: numberOption({ min: 0.01, max: 10_000 }),
  maxTokens: numberOption({ min: 1, max: 1_000_000_000, whole: true }),
  maxTurns: numberOption({ min: 1, max: 100_000, whole: true }),
  timeout: numberOption({ min: 0.1, max: 10_080 }),
  screenReader: z.boolean().default(false),
  inPlace: z.boolean().default(false),
  yes: z.boolean().default(false),
  json: z.boolean().default(false),
});
export type ChatOptions = z.infer<typeof Input>;

const more = `At a terminal this is a session: ask, read, answer; /help tells more there. The model works in a private copy of your files,
in the sandbox. Yours change only by /apply, or, with --in-place and after one question, at the end of each turn: three-way, so that
what you changed meanwhile stays. Without a terminal it answers once, on standard output.

Examples:
  claw                              a session
  claw "why is the cache never hit?"
  claw chat --model local/qwen3-coder
  claw "what changed since v2?" | tee answer.md
  git diff | claw chat "review this" -
  claw chat --in-place              its changes go into your files as they come
  claw chat --in-place --yes "sort the imports of src/app.ts" </dev/null
  claw resume                       go on with the last session

Keys: Esc stops the model, Ctrl-C saves and leaves (twice: at once), Ctrl-D leaves, Ctrl-O shows the last output whole.

Exit code: 0 answered, or left by the person; otherwise as of claw fix`;

export const chat = command({
  arguments: "[question...]",
  options: [
    ["--model <name>", "<endpoint>/<model>, a model, or scripted:<file>"],
    ["--budget-usd <n>", "most money in US dollars (default: from config.yaml, 2)"],
    ["--max-tokens <n>", "most tokens (default: from config.yaml, 5000000); lets a model without a known price work"],
    ["--max-turns <n>", "most replies of the model (default: from config.yaml, 1000)"],
    ["--timeout <minutes>", "most time for one answer without a terminal (default: from config.yaml, 60)"],
    ["--screen-reader", "plain lines: nothing is drawn twice"],
    ["--in-place", "the session's changes go into your files at the end of each turn, after one question"],
    ["--yes", "with --in-place: do not ask; needed without a terminal"],
    ["--json", "answer once; print events and, last, the result as lines of JSON"],
  ],
  more,
  input: Input,
  async run(options, desk) {
    const { stdin, stdout } = desk.terminal;
    const attended = stdin && stdout && !options.json && !options.question.includes("-");
    const inPlace = inPlaceOf(options, attended && !(await desk.app()).config.ci);
    const words = await wordsOf(options.question, desk);
    if (!attended || (await desk.app()).config.ci) return answerOnce(words, { ...options, inPlace }, desk);
    const { attendSession } = await import("../chat/session.ts");
    const { model, budgetUsd, maxTokens, maxTurns, screenReader: plain } = options;
    return attendSession(desk, { words, resume: null, model, budgetUsd, maxTokens, maxTurns, plain, inPlace });
  },
});

/** Whether the person's files are to change at the end of each turn, and who says so. Throws UsageError. */
function inPlaceOf({ inPlace, yes }: ChatOptions, attended: boolean): InPlace | undefined {
  if (!inPlace && yes) throw new UsageError("--yes answers nothing here", "it goes with --in-place");
  if (!inPlace) return undefined;
  if (!yes && !attended)
    throw new UsageError(
      "--in-place changes your files, and nobody is at a terminal to allow it",
      "add --yes; or leave --in-place out and take the change with: claw apply",
    );
  return yes ? "agreed" : "ask";
}

/** The question; a lone - stands for what comes on standard input. */
async function wordsOf(question: readonly string[], desk: CommandDesk): Promise<string> {
  const said = question
    .filter((word) => word !== "-")
    .join(" ")
    .trim();
  if (!question.includes("-")) return said;
  return [said, (await desk.stdin()).toString("utf8").trim()].filter((part) => part !== "").join("\n\n");
}

type Once = Omit<ChatOptions, "inPlace"> & { readonly inPlace: InPlace | undefined };

async function answerOnce(words: string, options: Once, desk: CommandDesk): Promise<number> {
  if (words === "")
    throw new UsageError("there is no terminal for a session, and no question", 'ask one: claw "what does this do?"');
  const app = await desk.app();
  const { chat: workflow } = await import("../../workflows/chat/chat.ts");
  const { json, model, maxTokens, inPlace } = options;
  return watchRun(desk, { json, yes: true, tell: (finished) => tellAnswer(desk, finished) }, (_, watch) =>
    app.start({
      ...watch,
      person: oneQuestion(words, (text) => !json && desk.err(text)),
      workflow,
      cwd: desk.cwd,
      baseRef: undefined,
      model,
      limits: sessionLimits(options, app.config.user, false),
      tokenCap: (maxTokens ?? app.config.user.budget.tokens) !== undefined,
      input: () => ({ title: headline(words, 90), ...(inPlace && { inPlace }) }),
    }),
  );
}
