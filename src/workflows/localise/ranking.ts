import { z } from "zod";
import { plural } from "../../text.ts";
import { baseline } from "../fix/baseline.ts";
import { findFailing } from "../fix/find-failing.ts";
import { Baseline, Ended, FixInput, Reproduction, Task } from "../fix/input.ts";
import { intake } from "../fix/intake.ts";
import { baselineResult } from "../fix/reproduce.ts";
import { Setup, setUp } from "../fix/setup.ts";
import { stage } from "../stage.ts";
import { type RunEnd, type WorkDesk, workflow } from "../workflow.ts";
import { shownSuspects } from "./hint.ts";
import { localise as rank } from "./localise.ts";

/** More than enough for what a person waits for. */
const BUDGET_MS = 300_000;

const SHOWN = 200;

/** What the last stage hands on: how many lines, and the first of them for people. */
const Ranked = z.object({ lines: z.int(), method: z.string(), shown: z.array(z.string()) });

/** Where a failing test points: the lines it runs and passing tests do not. Asks no model and changes nothing. */
export const localise = workflow({
  name: "localise",
  about: "rank the lines that a failing test points at",
  input: FixInput,
  async run(input, desk: WorkDesk): Promise<RunEnd> {
    const task = await stage(desk, "intake", Task, () => intake(desk, input));
    const setup = await stage(desk, "workspace", Setup, () => setUp(desk));
    const base = await stage(desk, "baseline", Baseline, () => baseline(desk, input, setup));
    const found = await stage(desk, "reproduce", z.union([z.object({ reproduction: Reproduction }), Ended]), () =>
      findFailing(desk, { fix: input, task, setup, baseline: base }),
    );
    if ("end" in found) return found.end;
    const { reproduction } = found;
    const bases = { setup, baseline: base, baseResult: await baselineResult(desk, base), reproduction };
    const { lines, method } = await stage(desk, "localise", Ranked, async () => {
      const ranked = await rank(desk, bases, BUDGET_MS);
      const shown = await shownSuspects(desk, reproduction.tree, ranked, SHOWN);
      return { lines: ranked.suspects.length, method: ranked.method, shown };
    });
    if (lines === 0) {
      return {
        outcome: "not-reproduced",
        reason: "the test fails, but no line of the code is known to run in it",
        hint: "see its output with claw log",
      };
    }
    return {
      outcome: "done",
      reason: `${plural(lines, "suspicious line")}, by ${method}`,
      hint: 'have it mended: claw fix "…" --repro <test>',
    };
  },
});
