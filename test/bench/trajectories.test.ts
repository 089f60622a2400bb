import { expect, test } from "vitest";
import { circles, dice, factsOf, healthy, type Step, walker } from "../../bench/trajectories.ts";

const SESSIONS = 1000;

/** How often a session is told that it goes in circles; the second time it would be stopped. */
function toldOf(steps: readonly Step[]): number {
  const { take, state } = walker();
  for (const [turn, step] of steps.entries()) take(factsOf(step, turn));
  return state().stuckWarnings;
}

test("of sessions that find their way, at most one in a hundred is stopped as stuck", () => {
  const stopped = Array.from({ length: SESSIONS }, (_, seed) => toldOf(healthy(dice(seed + 1)))).filter((n) => n > 1);
  expect(stopped.length).toBeLessThanOrEqual(SESSIONS / 100);
});

test.each(Object.entries(circles))("%s is noticed within eight turns, and ends the session in time", (_, circle) => {
  expect(toldOf(Array.from({ length: 8 }, (_each, turn) => circle(turn)))).toBeGreaterThan(0);
  expect(toldOf(Array.from({ length: 20 }, (_each, turn) => circle(turn)))).toBeGreaterThan(1);
});
