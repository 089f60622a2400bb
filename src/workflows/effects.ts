import { ClawError } from "../errors.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { Verdict } from "../policy/judge.ts";

/** The effects of one step of a run on the world outside, each with its verdict on record before it and its result after. */
export interface Effects {
  /** Is its result on record? */
  isDone(effect: string): boolean;
  /** Records a verdict. ClawError with outcome blocked when that is no. */
  judge(effect: string, verdict: Verdict): Promise<void>;
  done(effect: string, result: string): Promise<void>;
}

/** `target` is what they are done to, `refused` how a person is told that a rule denies one. Each half is said once, however often the run is resumed, unless the verdict is another. */
export function effectsOf(
  log: RunLog,
  step: string,
  target: string,
  refused: (rule: string) => ClawError = (rule) =>
    new ClawError(`the change may not be published: ${rule}`, {
      outcome: "blocked",
      hint: `the change is on a local branch: claw show ${log.run}`,
    }),
): Effects {
  const key = (effect: string): string => `${log.run}:${step}:${effect}`;
  const isDone = (effect: string): boolean =>
    log.events.some((event) => event.type === "effect.done" && event.key === key(effect));
  return {
    isDone,
    async judge(effect, { verdict, rule }) {
      const before = log.events.findLast((event) => event.type === "effect.judged" && event.key === key(effect));
      if (before?.type !== "effect.judged" || before.verdict !== verdict)
        await log.append({ type: "effect.judged", effect, key: key(effect), verdict, rule, target });
      if (verdict === "deny") throw refused(rule);
    },
    async done(effect, result) {
      if (!isDone(effect)) await log.append({ type: "effect.done", effect, key: key(effect), result });
    },
  };
}
