import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { ClawError } from "../../errors.ts";
import { startedIt } from "../../policy/approval.ts";
import { readManifest } from "../../policy/manifest.ts";
import { resultOf } from "../../reports/result.ts";
import { printable } from "../../text.ts";
import { dayAndTime } from "../../times.ts";
import { foldRun } from "../../views/run.ts";
import { command } from "../command.ts";
import { accountOf, decide, deciderOf, pendingDecision } from "../decision.ts";
import { numberOption } from "../number-option.ts";
import { personOption } from "../person-option.ts";

const DAY_MS = 24 * 3_600_000;

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
    await ledger.bytes(diff); // nobody can stand for a change that was taken out, and cannot be looked at
    const decider = {
      ...(await deciderOf(opened.config, repository, as ?? by)),
      account: await accountOf(opened, facts),
    };
    const { started } = foldRun(facts.events);
    const manifest = readManifest(started?.manifest ? await ledger.text(started.manifest) : undefined);
    if (started && manifest.require_different_approver && startedIt(decider, started)) {
      const starter = started.identity ?? started.initiator;
      throw new ClawError(`${starter} started run ${run}, and claw.yaml asks for another person's approval`, {
        outcome: "blocked",
        hint: `somebody else approves it, from their own account or git identity: claw approve ${run}`,
      });
    }
    const expires = Math.round(systemClock.now() + (days ?? opened.config.user.approval.days) * DAY_MS);
    await decide(ledger, pending, [{ type: "approval.given", diff, expires, ...decider }]);
    if (json) return out(JSON.stringify({ type: "approval", version: 1, run, diff, expires, ...decider }));
    const until = dayAndTime(expires, times);
    out(`${printable(decider.by)} approves the change ${diff.slice(0, 12)} of run ${run} until ${until}`);
    for (const { gate, verdict, reasons } of resultOf(facts).gates) {
      if (verdict === "ask") out(printable(`  ${gate}: ${reasons.join("; ")}`));
    }
    out(`  go on with: claw resume ${run}`);
  },
});
