import { z } from "zod";
import { askPeople } from "../forge-approval.ts";
import { openPullRequest, PullRequestMade } from "../pull-request.ts";
import { stage } from "../stage.ts";
import { type RunEnd, type WorkDesk, workflow } from "../workflow.ts";
import { baseline } from "./baseline.ts";
import { type Bases, regressionsOn } from "./check.ts";
import { judgeChange, takeChange } from "./change.ts";
import { Baseline, Ended, FixInput, Patch, Reproduction, Task } from "./input.ts";
import { findFailing } from "./find-failing.ts";
import { intake } from "./intake.ts";
import { patch } from "./patch.ts";
import { Proof, prove } from "./prove.ts";
import { Published, publish } from "./publish.ts";
import { baselineResult, reproduce } from "./reproduce.ts";
import { Setup, setUp, stillSetUp } from "./setup.ts";

/** From an issue to a proven patch: a test that fails on the base, passes with the patch, and fails again without it. */
export const fix = workflow({
  name: "fix",
  about: "reproduce an issue with a test, patch the code, prove the patch",
  input: FixInput,
  async run(input, desk): Promise<RunEnd> {
    const task = await stage(desk, "intake", Task, () => intake(desk, input));
    const setup = await stillSetUp(desk, await stage(desk, "workspace", Setup, () => setUp(desk)));
    const base = await stage(desk, "baseline", Baseline, () => baseline(desk, input, setup));

    const reproduced = await stage(desk, "reproduce", z.union([z.object({ reproduction: Reproduction }), Ended]), () =>
      input.engine === "search"
        ? findFailing(desk, { fix: input, task, setup, baseline: base })
        : reproduce(desk, { fix: input, task, setup, baseline: base }),
    );
    if ("end" in reproduced) return reproduced.end;
    const { reproduction } = reproduced;
    const bases = { setup, baseline: base, baseResult: await baselineResult(desk, base), reproduction };

    const patched = await stage(desk, "patch", z.union([z.object({ patch: Patch }), Ended]), () =>
      patch(desk, input, task, bases),
    );
    if ("end" in patched) return patched.end;

    const proof = await stage(desk, "prove", Proof, () => prove(desk, bases, patched.patch));
    const broken = proof.findings.filter(({ holds }) => !holds).map(({ claim }) => claim);
    if (!proof.holds)
      return { outcome: "unproven", reason: `not shown: ${broken.join("; ")}`, hint: "the change is kept: claw diff" };

    const verdicts = await stage(desk, "gates", Verdicts, () => finalVerdicts(desk, bases, patched.patch));
    if (verdicts.worst === "block")
      return { outcome: "blocked", reason: verdicts.reasons.join("; "), hint: "the change is kept: claw diff" };
    const { pullRequest } = input;
    const waits =
      verdicts.worst === "ask" ? await askPeople(desk, pullRequest, patched.patch.diff, verdicts.reasons) : null;
    if (waits) return waits;

    const published = await stage(desk, "publish", Published, () => publish(desk, task, patched.patch));
    const opened =
      pullRequest &&
      (await stage(desk, "pull-request", PullRequestMade, async () =>
        openPullRequest(desk, pullRequest, { ...published, diff: await desk.log.text(patched.patch.diff) }),
      ));
    return {
      outcome: "proven",
      reason: `${opened ? `draft pull request ${opened.url}` : `the fix is on branch ${published.branch}`}${untied(reproduction)}`,
      hint: `see it: claw diff ${desk.log.run}; take it: claw apply ${desk.log.run} or git merge ${published.branch}`,
    };
  },
});

const untied = ({ untied, failing, summary }: Reproduction): string =>
  untied
    ? `; it is proven for ${failing[0] ?? summary}, of which the task's words do not speak: read it before you trust it`
    : "";

const Verdicts = z.object({ worst: z.enum(["pass", "ask", "block"]), reasons: z.array(z.string()) });

/** Every gate, once more, on what will leave the run. */
async function finalVerdicts(desk: WorkDesk, bases: Bases, { tree }: Patch): Promise<z.infer<typeof Verdicts>> {
  const comparison = await regressionsOn(desk, bases, tree);
  const { worst, reasons } = await judgeChange(desk, await takeChange(desk, bases.reproduction, tree, comparison));
  return { worst, reasons: [...reasons] };
}
