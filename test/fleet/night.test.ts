import { expect, test } from "vitest";
import { type Attempt, type NightDesk, type NightEnd, type NightWork, runNight } from "../../src/fleet/night.ts";

const MINUTE = 60_000;
const DOLLAR = 1_000_000_000;
const START = Date.parse("2026-06-01T22:00:00Z");

const work = (key: string): NightWork => ({
  key,
  kind: "task",
  title: key,
  priority: 2,
  since: 0,
  opened: false,
  task: `t-${key}`,
  source: key,
});
const proven: Attempt = {
  run: "r",
  outcome: "proven",
  reason: "",
  hint: "",
  at: null,
  usdNano: DOLLAR,
  pullRequest: true,
};

const unheld: Attempt = { ...proven, run: null, usdNano: 0, pullRequest: false };

interface Played extends Partial<Attempt> {
  /** It is not its turn yet. */
  readonly held?: "limited" | "paused" | "draining";
  readonly minutes?: number;
}

/** A night on a clock that stands still while nothing happens. Each attempt takes its minutes; the last of a work is repeated. */
async function night(plays: Readonly<Record<string, readonly Played[]>>, given: Partial<NightDesk> = {}) {
  const time = { now: START };
  const said: string[] = [];
  const tries = new Map<string, number>();
  const end: NightEnd = await runNight(
    {
      clock: {
        now: () => time.now,
        sleep: (ms) => {
          time.now += ms;
          return Promise.resolve();
        },
      },
      caps: { pullRequests: 9, usdNano: 10 * DOLLAR, until: START + 8 * 60 * MINUTE },
      used: { pullRequests: 0, usdNano: 0 },
      limits: { usdNano: 2 * DOLLAR, wallMs: 60 * MINUTE },
      expected: { ms: 5 * MINUTE, usdNano: DOLLAR / 10 },
      jobs: 1,
      signal: new AbortController().signal,
      attempt: ({ key }, _, __, begins) => {
        const tried = tries.get(key) ?? 0;
        tries.set(key, tried + 1);
        const { minutes = 10, held, ...play } = plays[key]?.[Math.min(tried, (plays[key]?.length ?? 1) - 1)] ?? {};
        if (held) return Promise.resolve({ ...unheld, outcome: held, reason: held, at: time.now + 2000 });
        begins();
        time.now += minutes * MINUTE;
        return Promise.resolve({ ...proven, ...play });
      },
      onBegin: ({ key }) => said.push(`begin ${key}`),
      onEnd: ({ key }, { outcome }) => {
        said.push(`${key}: ${outcome}`);
        return Promise.resolve();
      },
      onWait: (until, reason) => said.push(until === null ? `wait: ${reason}` : `wait ${(until - START) / MINUTE} min`),
      ...given,
    },
    Object.keys(plays).map(work),
  );
  const told = end.results.map(({ work: { key }, attempt, left }) => [key, attempt?.outcome ?? null, left]);
  return { ...end, told, said, time };
}

test("all of it is done in its order, and the night is done", async () => {
  const { told, outcome, stopped, said } = await night({ a: [{}], b: [{ outcome: "not-reproduced" }] });
  expect(told).toEqual([
    ["a", "proven", null],
    ["b", "not-reproduced", null],
  ]);
  expect([outcome, stopped]).toEqual(["done", "Everything was looked at"]);
  expect(said).toEqual(["begin a", "a: proven", "begin b", "b: not-reproduced"]);
});

test("after the last pull request that it may open, nothing more is begun", async () => {
  const caps = { pullRequests: 1, usdNano: null, until: START + 60 * MINUTE };
  const { told } = await night({ a: [{ pullRequest: false }], b: [{}], c: [{}] }, { caps });
  expect(told).toEqual([
    ["a", "proven", null],
    ["b", "proven", null],
    ["c", null, "the night's 1 pull requests are used up"],
  ]);
});

test("what a night that goes on used before counts", async () => {
  const caps = { pullRequests: 3, usdNano: 5 * DOLLAR, until: START + 60 * MINUTE };
  const { told } = await night({ a: [{}] }, { caps, used: { pullRequests: 0, usdNano: 4.95 * DOLLAR } });
  expect(told[0]?.[2]).toMatch(/\$0\.05 are left/);
});

test("a model that is not there is waited for, by all that ask it, and the same work goes on", async () => {
  const at = START + 40 * MINUTE;
  const { told, said, time } = await night({
    a: [{ outcome: "model-unavailable", at, usdNano: 0, pullRequest: false }, {}],
    b: [{}],
  });
  expect(said).toEqual([
    "begin a",
    "a: model-unavailable",
    "wait 40 min",
    "begin a",
    "a: proven",
    "begin b",
    "b: proven",
  ]);
  expect(told.map(([, outcome]) => outcome)).toEqual(["proven", "proven"]);
  expect(time.now).toBe(START + 60 * MINUTE);
});

test("a wait that would last longer than the night is not begun: all of it is parked for the next", async () => {
  const at = START + 9 * 60 * MINUTE;
  const { told, outcome } = await night({ a: [{ outcome: "model-unavailable", reason: "no quota", at }], b: [{}] });
  expect(told).toEqual([
    ["a", "model-unavailable", "no quota"],
    ["b", null, "no quota"],
  ]);
  expect(outcome).toBe("done");
});

test("what is wrong with the machine ends the night, and is how it ended", async () => {
  const { told, outcome, stopped } = await night({
    a: [{ outcome: "sandbox-unavailable", reason: "no bwrap", at: START }],
    b: [{}],
  });
  expect([outcome, stopped]).toEqual(["sandbox-unavailable", "no bwrap"]);
  expect(told).toEqual([
    ["a", "sandbox-unavailable", null],
    ["b", null, "no bwrap"],
  ]);
});

test("what cannot end before the night does is not begun", async () => {
  const caps = { pullRequests: 9, usdNano: null, until: START + 12 * MINUTE };
  const { told } = await night({ a: [{}], b: [{}] }, { caps });
  expect(told[1]?.[2]).toMatch(/2 min are left/);
});

test("Ctrl-C stops what runs, and what was not begun is left", async () => {
  const stop = new AbortController();
  const attempt: NightDesk["attempt"] = (_, __, signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () =>
        resolve({ ...proven, outcome: "interrupted", at: START, pullRequest: false }),
      );
      stop.abort(new Error("stop"));
    });
  const { told, outcome } = await night({ a: [{}], b: [{}] }, { signal: stop.signal, attempt });
  expect(outcome).toBe("interrupted");
  expect(told).toEqual([
    ["a", "interrupted", null],
    ["b", null, "the night was stopped before its turn"],
  ]);
});

test("at its end work that runs is stopped with its state saved", async () => {
  const until = Date.now() + 50;
  const reasons: unknown[] = [];
  const attempt: NightDesk["attempt"] = (_, __, signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason);
        resolve({ ...proven, outcome: "interrupted", at: until, pullRequest: false });
      });
    });
  const { told, stopped } = await night(
    { a: [{}], b: [{}] },
    {
      attempt,
      clock: { now: Date.now, sleep: () => Promise.resolve() },
      caps: { pullRequests: 9, usdNano: null, until },
      expected: { ms: 0, usdNano: 0 },
    },
  );
  expect(reasons).toMatchObject([{ outcome: "interrupted", message: "the night is over" }]);
  expect(stopped).toBe("The time was up");
  expect(told).toEqual([
    ["a", "interrupted", null],
    ["b", null, "the time was up before its turn"],
  ]);
});

test("several at once never use more than the caps allow together", async () => {
  const caps = { pullRequests: 2, usdNano: 3 * DOLLAR, until: START + 60 * MINUTE };
  let [most, now] = [0, 0];
  const attempt: NightDesk["attempt"] = async () => {
    most = Math.max(most, (now += 1));
    await new Promise(setImmediate);
    now -= 1;
    return proven;
  };
  const { told } = await night({ a: [{}], b: [{}], c: [{}], d: [{}] }, { caps, jobs: 4, attempt });
  expect(most).toBe(2);
  expect(told.map(([, outcome]) => outcome)).toEqual(["proven", "proven", null, null]);
});

test("a night of many weeks sets no timer that is too long, which would end it at once", async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", onWarning);
  await night({ a: [{}] }, { caps: { pullRequests: 9, usdNano: null, until: START + 40 * 24 * 60 * MINUTE } });
  await new Promise(setImmediate);
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

test("a fault of claw itself comes out", async () => {
  const attempt = () => Promise.reject(new TypeError("a bug"));
  await expect(night({ a: [{}] }, { attempt })).rejects.toThrow("a bug");
});

test("a paused queue is waited for and told of once; what a limit holds up lets others go first", async () => {
  const paused = await night({ a: [{ held: "paused" }, { held: "paused" }, {}], b: [{}] });
  expect(paused.said).toEqual(["wait: paused", "begin a", "a: proven", "begin b", "b: proven"]);
  const limited = await night({ a: [{ held: "limited" }, {}], b: [{}] });
  expect(limited.said).toEqual(["begin b", "b: proven", "begin a", "a: proven"]);
  expect(limited.told).toMatchObject([
    ["a", "proven", null],
    ["b", "proven", null],
  ]);
});

test("a night whose queue stays paused to its end, or is drained, begins nothing, says why, and is done", async () => {
  const stays = await night({ a: [{ held: "paused" }], b: [{}] });
  expect(stays.told).toEqual([
    ["a", null, "paused"],
    ["b", null, "paused"],
  ]);
  const drained = await night({ a: [{}], b: [{ held: "draining" }], c: [{}] });
  expect(drained.told).toEqual([
    ["a", "proven", null],
    ["b", null, "draining"],
    ["c", null, "draining"],
  ]);
  expect([drained.outcome, drained.stopped]).toEqual(["done", "draining"]);
});
