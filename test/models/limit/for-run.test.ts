import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig, type UserConfig } from "../../../src/config.ts";
import { reasonToGo, takeFromHour } from "../../../src/models/burst.ts";
import { revise } from "../../../src/models/drift/standing.ts";
import { connectForRun } from "../../../src/models/for-run.ts";
import type { Endpoint } from "../../../src/models/endpoint.ts";
import type { Change } from "../../../src/models/limit/limited.ts";
import { ask, leave, readings } from "../../../src/models/limit/places.ts";

const rule = { afterSeconds: 30, usdPerHour: 4, usdPerRun: 2 };
const bounds = { start: 2, most: 2 };
const key = "places:http://127.0.0.1:9";

/** Notes in memory, with a server of two places whose requests take a minute, and so many that wait for it. */
function busy(waiting: number): Change {
  const now = Date.now();
  let places: string | null = null;
  places = ask(places, "first", now - 1000, bounds).body;
  places = leave(places, "first", { firstByteMs: 60_000, ms: 60_000 }, now - 1000, bounds).body;
  for (let index = 0; index < waiting; index += 1) places = ask(places, `run ${index}`, now, bounds).body;
  const bodies = new Map<string, string | null>([[key, places]]);
  return async (name, next) => {
    const { body, result } = next(bodies.get(name) ?? null);
    bodies.set(name, body);
    return result;
  };
}

/** A user with a server of their own as the default, another one for when it is busy, and what else they say. */
function user(more: Partial<UserConfig> = {}) {
  const config = loadConfig({ HOME: "/nonexistent", CLAW_HOME: "/nonexistent/state", CLOUD_KEY: "k" });
  const endpoints: UserConfig["endpoints"] = {
    local: { baseUrl: "http://127.0.0.1:9/v1", wire: "chat", concurrency: 2 },
    cloud: {
      baseUrl: "https://models.example.com/v1",
      wire: "chat",
      key: { env: "CLOUD_KEY" },
      price: { input: 1, output: 1 },
    },
  };
  const burst = { to: "cloud/large", afterSeconds: 30, usdPerHour: 4 };
  return { ...config, user: { ...config.user, model: "local/small", endpoints, burst, ...more } };
}

const chosen = async (config: ReturnType<typeof user>, wish: string | undefined, change: Change) => {
  const { info, routed } = await connectForRun(config, wish, {
    change,
    clock: systemClock,
    learn: (endpoint) => Promise.resolve(endpoint),
  });
  return { label: info.label, routed };
};

describe("a run goes elsewhere when it would have to wait for its own server:", () => {
  test("as the configuration says, with its reason for the record", async () => {
    expect(await chosen(user(), undefined, busy(4))).toEqual({
      label: "cloud/large",
      routed: {
        from: "local/small",
        why: expect.stringMatching(/would take it in about 90 s, more than 30 s/) as string,
      },
    });
  });

  test.each<[string, ReturnType<typeof user>, string | undefined, number]>([
    ["not while there is a place", user(), undefined, 1],
    ["not when the model was named", user(), "local/small", 4],
    ["not without a rule", user({ burst: undefined }), undefined, 4],
    ["never under egress: local-only", user({ egress: "local-only" }), undefined, 4],
    ["not for more money than the hour has", user({ budget: { ...user().user.budget, usd: 5 } }), undefined, 4],
  ])("%s", async (_, config, wish, waiting) => {
    expect(await chosen(config, wish, busy(waiting))).toEqual({ label: "local/small", routed: undefined });
  });

  test("at once when its own model is in quarantine; without a rule, or by name, it is refused with the way out", async () => {
    const quarantined = busy(0);
    await revise(quarantined, "local/small", (standing) => ({ ...standing, quarantine: { at: 0, why: "it rambles" } }));
    expect(await chosen(user(), undefined, quarantined)).toEqual({
      label: "cloud/large",
      routed: { from: "local/small", why: "its own model is in quarantine: it rambles" },
    });
    for (const refused of [
      chosen(user({ burst: undefined }), undefined, quarantined),
      chosen(user(), "local/small", quarantined),
    ])
      await expect(refused).rejects.toMatchObject({
        outcome: "model-unavailable",
        message: "local/small is in quarantine since 1970-01-01 00:00 UTC: it rambles",
        hint: expect.stringContaining("then: claw models lift local/small") as string,
      });
    await revise(quarantined, "cloud/large", (standing) => ({ ...standing, quarantine: { at: 0, why: "so does it" } }));
    await expect(chosen(user(), undefined, quarantined)).rejects.toMatchObject({ outcome: "model-unavailable" });
  });

  test("only as often as the hour's money allows", async () => {
    const change = busy(4);
    const labels = [];
    for (let run = 0; run < 3; run += 1) labels.push((await chosen(user(), undefined, change)).label);
    expect(labels).toEqual(["cloud/large", "cloud/large", "local/small"]);
  });
});

test("a repository that says egress: local-only keeps its runs at home, and they wait", async () => {
  const mayContact = (_: string, selfHosted: boolean): Promise<void> =>
    selfHosted ? Promise.resolve() : Promise.reject(new Error("not there"));
  const learn = (endpoint: Endpoint): Promise<Endpoint> => Promise.resolve(endpoint);
  const desk = { change: busy(4), clock: systemClock, learn, mayContact };
  expect((await connectForRun(user(), undefined, desk)).info.label).toBe("local/small");
});

test("a full cache is a reason, old numbers are none", () => {
  expect(reasonToGo({ waitMs: 0, kvUsage: 0.93 }, rule)).toBe("the cache of its own server is 93 % full");
  expect(reasonToGo({ waitMs: 30_000, kvUsage: 0.89 }, rule)).toBeNull();
});

test("the hour's money flows back evenly, and no clock makes more of it", () => {
  const hour = 3_600_000;
  const first = takeFromHour(null, hour, rule);
  const second = takeFromHour(first.body, hour, rule);
  expect([first.result, second.result, takeFromHour(second.body, hour, rule).result]).toEqual([true, true, false]);
  expect(takeFromHour(second.body, hour + hour / 2, rule).result).toBe(true);
  expect(takeFromHour(second.body, hour + hour / 2 - 1000, rule).result).toBe(false);
  expect(takeFromHour(second.body, 0, rule).result).toBe(false);
});

test("numbers of the server itself count as long as they are fresh", () => {
  const gauges = { kind: "vllm", running: 2, waiting: 7, kvUsage: 0.95, preemptions: 0, kvTokens: null } as const;
  const { body } = readings(null, gauges, 1_000_000, bounds);
  expect(JSON.parse(body ?? "")).toMatchObject({ waiting: 7, kvUsage: 0.95 });
});
