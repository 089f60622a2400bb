import { z } from "zod";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import { readMessage } from "../../ledger/read-body.ts";
import { scrubbedJson } from "../../ledger/staged.ts";
import { plural, printable } from "../../text.ts";
import { applyToTimeline, newTimeline, timelineLine } from "../../views/timeline.ts";
import { command, type CommandDesk } from "../command.ts";
import { newEvents } from "../follow.ts";
import { eventObject, renderLine } from "../progress.ts";
import { redactedAs } from "../redacted.ts";
import { findRequest, promptText, readPrompt } from "../rendered-prompt.ts";
import { readRun } from "../run-id.ts";
import { hasColours, type Style, styleFor } from "../style.ts";

export const log = command({
  arguments: "[run]",
  options: [
    ["-f, --follow", "go on while the run goes on"],
    ["--full", "print what models said and commands wrote, too"],
    ["--prompt <turn>", "print one request to a model, whole: a turn like 2, or patch:2 where sessions share it"],
    ["--json", "print every event as a line of JSON"],
  ],
  more: `The run is named by the beginning of its id; without one, the newest is meant.

Examples:
  claw log
  claw log 1ng3ek --follow
  claw log 1ng3ek --full | less
  claw log 1ng3ek --prompt patch:2
  claw log 1ng3ek --json | jq 'select(.event.type == "suite.ran")'`,
  times: true,
  input: z.object({
    run: z.string().optional(),
    follow: z.boolean().default(false),
    full: z.boolean().default(false),
    prompt: z.string().optional(),
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, follow, full, prompt, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const style = styleFor(hasColours(app.config, desk.terminal.stdout && desk.terminal.colour));
    const first = await readRun(ledger, prefix);
    if (prompt !== undefined) return printPrompt(ledger, first, { which: prompt, json }, desk);
    const { scrub } = app.secrets;
    const print = json ? jsonPrinter(first.run, scrub, desk) : textPrinter({ ledger, style, full, scrub, desk });
    if (!follow) return print(first.events);
    for await (const events of newEvents(ledger, first, desk)) await print(events);
  },
});

/** One request as it was sent, byte for byte the words of its bodies. */
async function printPrompt(
  ledger: Ledger,
  { run, events }: RunRecord,
  { which, json }: { readonly which: string; readonly json: boolean },
  { out }: CommandDesk,
): Promise<void> {
  const prompt = await readPrompt(ledger, findRequest(events, which));
  const { session, turn, event, messages } = prompt;
  if (json) return out(JSON.stringify({ type: "prompt", version: 1, run, ...prompt }));
  out(`run ${run}, session ${session}, turn ${turn}: ${plural(messages.length, "message")}, event ${event}\n`);
  out(printable(promptText(prompt)));
}

type Print = (events: readonly Recorded[]) => Promise<void>;
/** What was recorded is scrubbed; a key may have become known since. */
type Scrub = (text: string) => string;

const jsonPrinter =
  (run: string, scrub: Scrub, { out }: CommandDesk): Print =>
  async (events) => {
    const objects = events.map((event) => eventObject(run, event));
    const lines = objects.map((object) => JSON.stringify(object)).join("\n");
    // String by string only where there is something to take out: that is slow, and the lines stay JSON.
    const clean = scrub(lines) === lines ? lines : objects.map((object) => scrubbedJson(object, scrub)).join("\n");
    if (clean !== "") out(clean);
  };

interface TextPrinter {
  readonly ledger: Ledger;
  readonly style: Style;
  readonly full: boolean;
  readonly scrub: Scrub;
  readonly desk: CommandDesk;
}

function textPrinter({ ledger, style, full, scrub, desk }: TextPrinter): Print {
  let state = newTimeline;
  const print = async (event: Recorded): Promise<void> => {
    const words = isSpoken(event) ? await wordsIn(ledger, event.message) : "";
    const line = timelineLine(state, event, words, desk.times);
    state = applyToTimeline(state, event);
    if (line) desk.out(scrub(renderLine(line, style, desk.times)));
    const body = full ? await bodyOf(ledger, event, words).catch(redactedAs("[redacted]")) : "";
    if (body.trim() !== "") desk.out(indent(printable(scrub(body.trimEnd())), style));
  };
  return async (events) => {
    for (const event of events) await print(event);
  };
}

type Spoken = Extract<Recorded, { type: "model.replied" | "message.added" }>;

/** Did a model or a person say something? */
const isSpoken = (event: Recorded): event is Spoken =>
  event.type === "model.replied" || (event.type === "message.added" && event.about === "person");

/** What a model or a person said. */
async function wordsIn(ledger: Ledger, message: string): Promise<string> {
  const text = await ledger.text(message).catch(redactedAs(null));
  if (text === null) return "[redacted]";
  const said = readMessage(text);
  return "text" in said ? said.text : "";
}

/** The text behind an event that a person may want to read whole. */
async function bodyOf(ledger: Ledger, event: Recorded, words: string): Promise<string> {
  switch (event.type) {
    case "model.replied":
    case "message.added":
      return words.includes("\n") || words.length > 80 ? words : "";
    case "call.judged":
      return ledger.text(event.args);
    case "call.finished":
      return ledger.text(event.output ?? event.message);
    case "suite.ran":
      return ledger.text(event.output);
    case "diff.taken":
      return ledger.text(event.patch);
    case "pull-request.followed":
      return event.edits === null ? "" : ledger.text(event.edits);
    default:
      return "";
  }
}

const indent = (text: string, style: Style): string => text.replace(/^/gm, style.faint("         │ "));
