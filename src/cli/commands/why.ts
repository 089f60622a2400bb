import { z } from "zod";
import { resultOf } from "../../reports/result.ts";
import { type Why, whyOf } from "../../reports/why.ts";
import { headline, printable } from "../../text.ts";
import { command } from "../command.ts";
import { readRun } from "../run-id.ts";
import { hasColours, paintMark, type Style, styleFor } from "../style.ts";

export const why = command({
  arguments: "[run]",
  options: [["--json", "print one JSON object"]],
  more: `Tells the chain of facts that led to how a run ended, or to where it stands, each with the number of its event: see one
whole with claw log <run> --json. The run is named by the beginning of its id; without one, the newest is meant.

Examples:
  claw why
  claw why 1ng3ek --json`,
  input: z.object({ run: z.string().optional(), json: z.boolean().default(false) }),
  async run({ run: prefix, json }, { app, out, terminal }) {
    const opened = await app();
    const facts = await readRun(await opened.ledger(), prefix);
    const { run, status, outcome, exitCode, reason, hint } = resultOf(facts);
    const told = whyOf(facts.events);
    if (json) {
      const whole = { type: "why", version: 1, run, status, outcome, exitCode, reason, hint, ...told };
      return out(JSON.stringify(whole));
    }
    const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
    out(`run ${run}: ${style.strong(outcome ?? status)}${exitCode === null ? "" : `, exit code ${exitCode}`}`);
    out(render(told, style));
    if (reason !== "") out(`so: ${line(reason)}`);
    if (hint !== "") out(`next: ${line(hint)}`);
  },
});

const line = (text: string): string => headline(printable(text).replace(/\s+/g, " "), 300);

const render = ({ facts, claims }: Why, style: Style): string =>
  [
    ...facts.map(({ event, text }) => `  ${style.faint(`event ${String(event).padEnd(5)}`)} ${line(text)}`),
    ...claims.map(
      ({ claim, holds, events }) =>
        `  ${paintMark(style, holds ? "✓" : "✗")} ${line(claim)}  ${style.faint(`event${events.length === 1 ? "" : "s"} ${events.join(", ") || "none"}`)}`,
    ),
  ].join("\n");
