import { z } from "zod";
import { resultOf } from "../../reports/result.ts";
import { printable } from "../../text.ts";
import { dayAndTime } from "../../times.ts";
import { command } from "../command.ts";
import { approveRun } from "../decide-run.ts";
import { accountOf, deciderOf, pendingDecision } from "../decision.ts";
import { numberOption } from "../number-option.ts";
import { personOption } from "../person-option.ts";

export const approve = command({
  arguments: "<run>",
  options: [
    ["--as <name>", "who approves (default: who commits in the repository by its git settings, else your login name)"],
    ["--by <name>", "the same as --as"],
    ["--days <n>", "how long the approval holds (default: from config.yaml, approval.days, 7)"],
    ["--json", "print one JSON object"],
  ],
  more: `The approval is bound to exactly the change that claw diff shows: another change needs another one. claw resume then goes on.
Besides the name, the git identity and the account it comes from are recorded, and, where the change is going to a forge,
whose token you have for it. With require_different_approver in claw.yaml, who started the run cannot approve it, whatever --as
says: git's identity tells, and the account where git names nobody.

Examples:
  claw approve 1kb2c3d4e5f6
  claw approve 1kb2 --as "Ada Reviewer" && claw resume 1kb2

Exit codes: 0 recorded; 2 the run waits for nobody; 13 this person may not, or the time to decide is over`,
  times: true,
  input: z.object({
    run: z.string(),
    as: personOption,
    by: personOption,
    days: numberOption({ min: 0.001, max: 365 }),
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, as, by, days, json }, { app, out, times }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const pending = await pendingDecision(opened, ledger, prefix);
    const { run, repository, facts, diff } = pending;
    const decider = {
      ...(await deciderOf(opened.config, repository, as ?? by)),
      account: await accountOf(opened, facts),
    };
    const expires = await approveRun(opened, pending, decider, days);
    if (json) return out(JSON.stringify({ type: "approval", version: 1, run, diff, expires, ...decider }));
    const until = dayAndTime(expires, times);
    const what =
      resultOf(facts).workflow === "flow" ? "what is asked by flow" : `the change ${diff.slice(0, 12)} of run`;
    out(`${printable(decider.by)} approves ${what} ${run} until ${until}`);
    for (const { gate, verdict, reasons } of resultOf(facts).gates) {
      if (verdict === "ask") out(printable(`  ${gate}: ${reasons.join("; ")}`));
    }
    out(`  go on with: claw resume ${run}`);
  },
});
