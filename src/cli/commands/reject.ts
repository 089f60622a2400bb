import { z } from "zod";
import { resultOf } from "../../reports/result.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { rejectRun } from "../decide-run.ts";
import { accountOf, deciderOf, pendingDecision } from "../decision.ts";
import { personOption } from "../person-option.ts";

const given = z.string().trim().min(1, "must not be empty").optional();

export const reject = command({
  arguments: "<run>",
  options: [
    ["--reason <text>", "why, in your words: it is recorded and ends the run"],
    ["--as <name>", "who rejects (default: who commits in the repository by its git settings, else your login name)"],
    ["--json", "print one JSON object"],
  ],
  more: `Ends a run that waits for a person, with the outcome blocked. Nothing is published; the change stays readable with claw diff.

Example:
  claw reject 1kb2c3d4e5f6 --reason "the Makefile must stay as it is"

Exit codes: 0 recorded; 2 the run waits for nobody; 13 the time to decide was over already`,
  input: z.object({ run: z.string(), reason: given, as: personOption, json: z.boolean().default(false) }),
  async run({ run: prefix, reason = "no reason given", as, json }, { app, out }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const pending = await pendingDecision(opened, ledger, prefix);
    const { run, repository, facts, diff } = pending;
    const decider = { ...(await deciderOf(opened.config, repository, as)), account: await accountOf(opened, facts) };
    await rejectRun(opened, pending, decider, reason);
    if (json) return out(JSON.stringify({ type: "rejection", version: 1, run, diff, reason, ...decider }));
    const what =
      resultOf(facts).workflow === "flow" ? "what is asked by flow" : `the change ${diff.slice(0, 12)} of run`;
    out(printable(`${decider.by} rejects ${what} ${run}: ${reason}`));
  },
});
