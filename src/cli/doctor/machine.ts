import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import { plural, printable } from "../../text.ts";
import { sweepLeftovers } from "../../workflows/leftovers.ts";
import { command, type CommandDesk } from "../command.ts";
import { hang } from "../hang.ts";
import { hasColours, paintMark, type Style, styleFor } from "../style.ts";
import type { Check, Finding } from "./finding.ts";
import { home } from "./home.ts";
import { models } from "./models.ts";
import { people } from "./people.ts";
import { programs } from "./programs.ts";
import { reach } from "./reach.ts";
import { sandboxHere } from "./sandbox-here.ts";
import { webhook } from "./webhook.ts";
import { padTo, textWidth } from "../../text-width.ts";

/** In the order in which they are told; they look at the same time. */
const checks: readonly Check[] = [programs, home, sandboxHere, models, reach, people, webhook];

export const machine = command({
  options: [
    ["--fix", "make good what claw can: permissions of its own files, and what killed processes left behind"],
    ["--offline", "send nothing anywhere"],
    ["--json", "print one JSON object"],
  ],
  more: `Looks at everything that runs need: programs, room on the disk, the ledger, the sandbox (by trying to break out of it), model
servers and their keys, the forge's credential. It changes nothing without --fix, and it asks only servers that are configured,
or that listen on this machine.

Examples:
  claw doctor
  claw doctor --offline --json
  claw doctor --fix

Exit codes: 0 no problem (warnings are none); otherwise what a run would end with: 20 no model, 21 no sandbox, 24 no room`,
  working: "looking",
  input: z.object({
    fix: z.boolean().default(false),
    offline: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ fix, offline, json }, desk) {
    const { config } = await desk.app();
    const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
    const columns = desk.terminal.stdout ? desk.terminal.columns : Infinity;
    const findings: Finding[] = [];
    const looking = checks.map((check) => check(desk, offline));
    for (const looked of looking) void looked.catch(() => {}); // told when its turn comes
    for (const looked of looking) {
      for (const finding of await looked) {
        findings.push(fix ? await mended(finding) : finding);
        if (!json) desk.out(lines(findings.at(-1) ?? finding, style, columns));
      }
    }
    if (fix) await sweep(desk);
    const told = findings.map(({ check, state, says, remedy }) => ({ check, state, says, remedy }));
    const worst = findings.find(({ state }) => state === "problem");
    if (json) desk.out(JSON.stringify({ type: "doctor", version: 1, ok: worst === undefined, findings: told }));
    else desk.out(`\n${counted(findings)}`);
    return worst ? exitCodes[worst.outcome ?? "infrastructure"] : 0;
  },
});

/** The finding as it stands once it was made good. */
async function mended(finding: Finding): Promise<Finding> {
  if (!finding.mend) return finding;
  return { check: finding.check, state: "ok", says: `mended: ${await finding.mend()}`, remedy: null };
}

/** What killed processes left; a ledger is not made for it. */
async function sweep({ app, err }: CommandDesk): Promise<void> {
  const parts = await app();
  await sweepLeftovers({ home: parts.config.home, ledger: await parts.ledger() });
  err("swept away what killed processes had left");
}

const marks = { ok: "✓", warning: "!", problem: "✗" } as const;

/** Columns that a check's name has; what is said of one with a longer name begins below it. */
const NAME = 12;

function lines({ check, state, says, remedy }: Finding, style: Style, columns: number): string {
  const text = hang(printable(says), columns, / /, NAME + 3);
  const between = textWidth(check) > NAME ? `\n${" ".repeat(NAME + 3)}` : " ";
  const line = `${paintMark(style, marks[state])} ${padTo(check, NAME)}${between}${text}`;
  return remedy === null ? line : `${line}\n    → ${hang(printable(remedy), columns, / /, 6)}`;
}

function counted(findings: readonly Finding[]): string {
  const [problems, warnings] = (["problem", "warning"] as const).map((wanted) =>
    findings.filter(({ state }) => state === wanted),
  );
  const said = [problems?.length ? plural(problems.length, "problem") : "no problem"];
  return [...said, ...(warnings?.length ? [plural(warnings.length, "warning")] : [])].join(", ");
}
