import { expect, test } from "vitest";
import { Overdrawn } from "../../src/errors.ts";
import { budgetHints, budgetsOf, narrowBudgets, noBudgets, overdrawnText, scopesOf } from "../../src/policy/budgets.ts";

const dollar = 1e9;

test("dollars become integer nano-dollars; what is not given is not limited", () => {
  expect(budgetsOf({ run: 0.1, day: 20.000000001 })).toEqual({
    ...noBudgets,
    run: 100_000_000,
    day: 20_000_000_001,
  });
});

test("of two limits the smaller holds, in every scope", () => {
  const user = { run: 2 * dollar, day: null, repository: 5 * dollar, fleet: null };
  const manifest = { run: 9 * dollar, day: 3 * dollar, repository: 4 * dollar, fleet: null };
  expect(narrowBudgets(user, manifest)).toEqual({
    run: 2 * dollar,
    day: 3 * dollar,
    repository: 4 * dollar,
    fleet: null,
  });
});

test("a request is charged to its run, its day, its repository and its month, by UTC", () => {
  const at = Date.UTC(2026, 10, 30, 23, 59);
  const scopes = (when: number) => scopesOf(noBudgets, { run: "r1", repository: "/a", at: when }).map((s) => s.scope);
  expect(scopes(at)).toEqual(["run:r1", "day:2026-11-30", "repository:2026-11-30:/a", "fleet:2026-11"]);
  expect(scopes(at + 60_000)).toEqual(["run:r1", "day:2026-12-01", "repository:2026-12-01:/a", "fleet:2026-12"]);
});

test.each([
  [
    "day:2026-11-21",
    "the day budget of $20.0000 for all runs of 2026-11-21 (UTC) has $19.5000 spent and $0.3000 reserved by requests on the way; the next request may cost up to $0.5000",
  ],
  [
    "repository:2026-11-21:/home/ada/app",
    "the repository budget of $20.0000 for this repository on 2026-11-21 (UTC) has $19.5000 spent and $0.3000 reserved by requests on the way; the next request may cost up to $0.5000",
  ],
  [
    "fleet:2026-11",
    "the fleet budget of $20.0000 for all runs of 2026-11 (UTC) has $19.5000 spent and $0.3000 reserved by requests on the way; the next request may cost up to $0.5000",
  ],
])("%s in the way is told with all amounts", (scope, words) => {
  const at = { scope, limit: 20 * dollar, spent: 19.5 * dollar, reserved: 0.3 * dollar, asked: 0.5 * dollar };
  expect(overdrawnText(new Overdrawn(at))).toBe(words);
});

test("every limit says what to do when it is reached", () => {
  const { context, ...others } = budgetHints;
  for (const hint of Object.values(others)) expect(hint).toMatch(/raise /);
  expect(context).toMatch(/^choose a --model with a larger context/);
});
