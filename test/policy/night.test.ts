import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admit, expectedFrom, inOrder, narrower, type NightItem, withoutDuplicates } from "../../src/policy/night.ts";

const item = (key: string, given: Partial<NightItem> = {}): NightItem => ({
  key,
  kind: "issue",
  title: `title of ${key}`,
  priority: 2,
  since: 0,
  opened: false,
  ...given,
});
const keys = (items: readonly NightItem[]): string[] => items.map(({ key }) => key);
const MINUTE = 60_000;
const DOLLAR = 1_000_000_000;

test("a night that is gone on with has the smaller of each cap, and no limit is the largest", () => {
  const [a, b] = [
    { pullRequests: 1, usdNano: 20 * DOLLAR, until: 9 },
    { pullRequests: 3, usdNano: 10 * DOLLAR, until: 5 },
  ];
  expect(narrower(a, b)).toEqual({ pullRequests: 1, usdNano: 10 * DOLLAR, until: 5 });
  expect(narrower({ ...a, usdNano: null }, b)).toEqual({ pullRequests: 1, usdNano: 10 * DOLLAR, until: 5 });
  expect(narrower(a, { ...b, usdNano: null }).usdNano).toBe(20 * DOLLAR);
});

describe("the order of a night", () => {
  test("urgency, then what was begun, then red CI, then age", () => {
    const items = [
      item("young", { since: 9 }),
      item("old", { since: 1 }),
      item("ci", { kind: "ci", since: 5 }),
      item("begun", { kind: "parked", since: 8 }),
      item("urgent", { priority: 0, since: 10 }),
      item("can wait", { priority: 4, kind: "parked" }),
    ];
    expect(keys(inOrder(items))).toEqual(["urgent", "begun", "ci", "old", "young", "can wait"]);
  });

  test("the same work is done once, whoever asks for it", () => {
    const items = [
      item("a", { title: "Sum([]) throws!" }),
      item("b", { title: "sum   throws" }),
      item("a"),
      item("c", { title: "…" }),
      item("d", { title: "!" }),
    ];
    const { items: kept, duplicates } = withoutDuplicates(items);
    expect(keys(kept)).toEqual(["a", "c", "d"]);
    expect(duplicates.map(({ item: one, of }) => [one.key, of.key])).toEqual([
      ["b", "a"],
      ["a", "a"],
    ]);
  });
});

describe("what a night begins", () => {
  const caps = { pullRequests: 2, usdNano: 5 * DOLLAR, until: 60 * MINUTE };
  const used = { pullRequests: 0, usdNano: 0 };
  const expected = { ms: 10 * MINUTE, usdNano: DOLLAR / 2 };
  const limits = { usdNano: 2 * DOLLAR, wallMs: 30 * MINUTE };

  test("what fits may use what a run may, or what is left", () => {
    expect(admit({ caps, used, expected, limits }, 0)).toEqual({
      begins: true,
      usdNano: 2 * DOLLAR,
      wallMs: 30 * MINUTE,
    });
    expect(admit({ caps, used: { pullRequests: 1, usdNano: 4 * DOLLAR }, expected, limits }, 45 * MINUTE)).toEqual({
      begins: true,
      usdNano: DOLLAR,
      wallMs: 15 * MINUTE,
    });
  });

  test.each([
    ["no pull request is left", { pullRequests: 2, usdNano: 0 }, 0, "the night's 2 pull requests are used up"],
    [
      "the money does not reach",
      { pullRequests: 0, usdNano: 4.6 * DOLLAR },
      0,
      "$0.40 are left, and work like this takes about $0.50",
    ],
    [
      "the time does not reach",
      { pullRequests: 0, usdNano: 0 },
      52 * MINUTE,
      "8 min are left, and work like this takes about 10 min",
    ],
  ])("nothing where %s", (_, use, now, because) => {
    expect(admit({ caps, used: use, expected, limits }, now)).toMatchObject({ begins: false, because });
  });

  test("what has its pull request already goes on when no other may be opened", () => {
    const use = { pullRequests: 2, usdNano: 0 };
    expect(admit({ caps, used: use, expected, limits, opened: true }, 0).begins).toBe(true);
  });

  test("whatever is done, neither money nor time nor pull requests are overrun", () => {
    const works = fc.array(
      fc.record({
        ms: fc.integer({ min: 0, max: 40 * MINUTE }),
        usdNano: fc.integer({ min: 0, max: 3 * DOLLAR }),
        opens: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(works, (all) => {
        let [now, spent, opened] = [0, 0, 0];
        for (const { ms, usdNano, opens } of all) {
          const may = admit({ caps, used: { pullRequests: opened, usdNano: spent }, expected, limits }, now);
          if (!may.begins) continue;
          now += Math.min(ms, may.wallMs);
          spent += Math.min(usdNano, may.usdNano ?? 0);
          opened += opens ? 1 : 0;
        }
        expect(now).toBeLessThanOrEqual(caps.until);
        expect(spent).toBeLessThanOrEqual(caps.usdNano);
        expect(opened).toBeLessThanOrEqual(caps.pullRequests);
      }),
      { numRuns: 100 },
    );
  });

  test("without limits in money nothing is refused for it", () => {
    const free = { caps: { ...caps, usdNano: null }, used, expected, limits: { usdNano: null, wallMs: MINUTE } };
    expect(admit(free, 0)).toEqual({ begins: true, usdNano: null, wallMs: MINUTE });
  });

  test("what work takes is what the middle one took; nobody knows yet: some minutes and cents", () => {
    expect(expectedFrom([9, 1, 5].map((ms) => ({ ms, usdNano: ms === 5 ? null : ms })))).toEqual({ ms: 5, usdNano: 9 });
    expect(expectedFrom([])).toEqual({ ms: 5 * MINUTE, usdNano: DOLLAR / 20 });
  });
});
