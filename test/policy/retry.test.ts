import { expect, test } from "vitest";
import fc from "fast-check";
import { judgeCrash, judgeTry } from "../../src/policy/retry.ts";
import { poolSize } from "../../src/policy/pool-size.ts";

const tried = { reason: "no", after: null, tries: 0, added: 0, now: 1_000_000, chance: 0.5 } as const;

test.each([
  ["proven", "finish"],
  ["not-reproduced", "finish"],
  ["blocked", "finish"],
  ["over-budget", "finish"],
  ["usage", "finish"],
  ["workspace", "finish"],
  ["waiting", "finish"],
  ["model-unavailable", "again"],
  ["forge-unavailable", "again"],
  ["infrastructure", "again"],
  ["interrupted", "again"],
  ["bug", "again"],
] as const)("a try that ended %s: %s", (outcome, kind) => {
  expect(judgeTry({ ...tried, outcome }).kind).toBe(kind);
});

test("a wait lies between now and twice the longest one before, at most ten minutes; after five tries there is none", () => {
  const chance = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), chance, (tries, at) => {
      const verdict = judgeTry({ ...tried, outcome: "infrastructure", tries, chance: at });
      const most = Math.min(600_000, 2000 * 2 ** tries);
      const wait = verdict.kind === "again" ? verdict.at - tried.now : null;
      expect(tries >= 5 ? verdict.kind === "bury" : wait !== null && wait >= 0 && wait <= most).toBe(true);
    }),
  );
});

test("a server that wants to be left alone is left alone until then, without a try counted, for a day", () => {
  const asked = { ...tried, outcome: "model-unavailable", after: 5_000_000 } as const;
  expect(judgeTry(asked)).toEqual({ kind: "again", at: 5_001_000, tries: 0, reason: "no" });
  const [now, after] = [90_000_000, 95_000_000];
  expect(judgeTry({ ...asked, now, after })).toMatchObject({ kind: "bury" });
});

test("after a crash it is tried at once, after two later and then once, after three never", () => {
  const judged = (waited: boolean) => [1, 2, 3].map((crashes) => judgeCrash({ crashes, waited, now: 0, chance: 0.5 }));
  expect(judged(false)).toMatchObject([{ kind: "go" }, { kind: "again", at: 2000 }, { kind: "bury" }]);
  expect(judged(true)).toMatchObject([{ kind: "go" }, { kind: "go" }, { kind: "bury" }]);
});

test("a pool grows with what is ready, up to what the user, the server and memory allow, and never to nothing", () => {
  const facts = { most: 8, least: 1, active: 2, ready: 10, tookMs: null, headroom: null } as const;
  const memory = { usedBytes: 0, mostBytes: 100, sessionBytes: 1 };
  expect(poolSize({ ...facts, ...memory })).toBe(8);
  expect(poolSize({ ...facts, ...memory, headroom: 1 })).toBe(3);
  expect(poolSize({ ...facts, ...memory, ready: 1, tookMs: 30_000 })).toBe(3);
  expect(poolSize({ ...facts, ...memory, usedBytes: 99 })).toBe(3);
  expect(poolSize({ ...facts, ...memory, active: 0, headroom: 0, usedBytes: 200 })).toBe(1);
});
