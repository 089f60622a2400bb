import { request } from "node:http";
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { App } from "../../src/app.ts";
import { apiHands } from "../../src/cli/serve/hands.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import type { Event } from "../../src/ledger/events.ts";
import { foldTask } from "../../src/views/task.ts";
import { waitingFor } from "../../src/views/waiting.ts";
import { knownToken } from "../../src/web/api/door.ts";
import { openApi } from "../../src/web/api/openapi.ts";
import { routes } from "../../src/web/api/routes.ts";
import { Problem } from "../../src/web/api/shapes.ts";
import { type ApiOptions, apiOn, listen } from "../../src/web/api/serve.ts";
import { memoryLedger, patchText, pieces } from "../support/recorded-fix.ts";

const ADA = "ada-has-a-long-token-0001";
const RUN = "1kb2c3d4e5f6";
const BOB = "bob-has-another-token-2";
const JSON_TYPE = { "content-type": "application/json" };
const asAda = { ...JSON_TYPE, authorization: `Bearer ${ADA}` };

const asBob = { ...JSON_TYPE, authorization: `Bearer ${BOB}` };
const both = { tokens: [knownToken("Ada", ADA), knownToken("Bob", BOB)] };

const described = z
  .object({
    paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: z.record(z.string(), z.json()) }))),
  })
  .loose()
  .parse(JSON.parse(readFileSync(new URL("../../schema/openapi.json", import.meta.url), "utf8")));
const Answer = z.object({ content: z.object({ "application/json": z.object({ schema: z.json() }) }).optional() });
const compiled = new Map<string, z.ZodType>();

/** An answer is one that the published document tells of, with a body as it says. */
function isAsDescribed(method: string, path: string, status: number, body: unknown): void {
  const [bare = ""] = path.split("?");
  const fits = (told: string): boolean => new RegExp(`^${told.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(bare);
  const [template] = Object.keys(described.paths).filter(fits);
  const operation = template === undefined ? undefined : described.paths[template]?.[method.toLowerCase()];
  if (!operation || bare === "/v1/openapi.json") return;
  const where = `${method} ${template} ${status}`;
  const told = Answer.parse(operation.responses[String(status)], { error: () => where });
  const schema = told.content?.["application/json"].schema;
  if (schema === undefined) return;
  const isProblem = JSON.stringify(schema).includes("#/components/schemas/Problem");
  if (!compiled.has(where)) compiled.set(where, isProblem ? Problem : z.fromJSONSchema(schema as never));
  expect([where, compiled.get(where)?.safeParse(body).error?.message]).toEqual([where, undefined]);
}

/** A ledger with a run that waits for a person, and the API on it. */
async function served(given: Partial<ApiOptions> = {}) {
  const ledger = await memoryLedger();
  onTestFinished(() => ledger.close());
  const log = await ledger.open(RUN);
  const { started, intake, patch, gate } = pieces(log);
  const paused = { type: "run.paused", outcome: "waiting", reason: "a person must approve", hint: "" } as const;
  const asks = { ...paused, diff: log.put(patchText), expires: Date.now() + 3_600_000 };
  for (const event of [
    { ...started, input: {} } as Event,
    ...intake,
    ...patch,
    gate("protected-paths", "ask", "why"),
    asks,
  ])
    await log.append(event);
  await log.close();
  const config = loadConfig({ HOME: "/nonexistent", USER: "root", PATH: process.env["PATH"] });
  const app = { version: "0.0.0", config, ledger: () => Promise.resolve(ledger) } as App;
  const faults: unknown[] = [];
  const stop = new AbortController();
  const api = apiOn({
    hands: await apiHands(app, (person) => (person === "Bob" ? ["/s"] : ["/r", "/s", "/nowhere"])),
    tokens: [],
    hosts: () => ["localhost"],
    perMinute: 600,
    clock: systemClock,
    clean: (text) => text,
    onFault: (error) => faults.push(error),
    signal: stop.signal,
    ...given,
  });
  const ask = async (
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
  ) => {
    const { method = init.body === undefined ? "GET" : "POST", headers = JSON_TYPE, body } = init;
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await api.request(`http://localhost${path}`, {
      method,
      headers: { host: "localhost", ...headers },
      ...sent,
    });
    const text = await answer.text();
    const json = text === "" ? null : (JSON.parse(text) as Record<string, never>);
    isAsDescribed(method, path, answer.status, json);
    return { status: answer.status, headers: answer.headers, json };
  };
  return { api, ask, ledger, faults, stop };
}

test("a task is added, once for each key, listed, and cancelled with the name of nobody", async () => {
  const { ask, ledger } = await served();
  const wanted = { title: "sum([]) throws", body: "It should be 0.", key: "k1", labels: ["bug"] };
  const first = await ask("/v1/tasks", { body: wanted });
  expect(first).toMatchObject({
    status: 201,
    json: { version: 1, added: true, status: "open", repository: "/r", by: "the API" },
  });
  expect((await ask("/v1/tasks", { body: wanted })).json).toMatchObject({ added: false, task: first.json?.["task"] });
  expect((await ask("/v1/tasks", { body: { title: "Another", repository: "/s" } })).json).toMatchObject({
    repository: "/s",
  });
  expect((await ask("/v1/tasks?status=open")).json).toMatchObject({
    tasks: [{ title: "sum([]) throws" }, { title: "Another" }],
  });
  const task = String(first.json?.["task"]);
  expect(await ledger.queue.jobs({ subject: task, limit: 10 })).toHaveLength(1);
  const cancelled = await ask(`/v1/tasks/${task}/cancel`, { body: { reason: "not any more" } });
  expect(cancelled.json).toMatchObject({ status: "closed", end: { outcome: "cancelled", reason: "not any more" } });
  expect(await ledger.queue.jobs({ subject: task, limit: 10 })).toEqual([]);
  expect(foldTask((await ledger.read(task)).events)?.status).toBe("closed");
});

test("runs are listed and told, and what does not exist is not found", async () => {
  const { ask } = await served();
  expect((await ask("/v1/runs?limit=5")).json).toMatchObject({ version: 1, runs: [{ run: RUN, outcome: "waiting" }] });
  expect(await ask(`/v1/runs/${RUN}`)).toMatchObject({ status: 200, json: { version: 1, run: RUN } });
  for (const path of [
    "/v1/runs/www",
    "/v1/runs/000000000000",
    "/v1/tasks/t-000000000000",
    "/v1/tasks/..%2f..",
    "/",
    "/v2",
  ])
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
});

test("a person with a token decides about exactly the change they read, under their own name", async () => {
  const { ask, ledger } = await served({ tokens: [knownToken("Ada", ADA)] });
  const { json } = await ask(`/v1/runs/${RUN}/pending`, { headers: asAda });
  expect(json).toMatchObject({ patch: patchText, reason: "a person must approve" });
  const other = await ask(`/v1/runs/${RUN}/approve`, { headers: asAda, body: { diff: "0".repeat(64) } });
  expect(other).toMatchObject({ status: 409, json: { error: { outcome: "blocked" } } });
  const approved = await ask(`/v1/runs/${RUN}/approve`, { headers: asAda, body: { diff: json?.["diff"] } });
  expect(approved).toMatchObject({ status: 200, json: { by: "Ada" } });
  expect(waitingFor((await ledger.read(RUN)).events)?.approval).toMatchObject({
    by: "Ada",
    login: null,
    source: "claw serve --api",
  });
  expect((await ask(`/v1/runs/${RUN}/reject`, { headers: asAda, body: { reason: "no" } })).status).toBe(200);
  expect((await ask(`/v1/runs/${RUN}`, { headers: asAda })).json).toMatchObject({ outcome: "blocked" });
});

test("what is of other repositories than a person's own is not there for them: not to see, to cancel or to decide about", async () => {
  const { ask, api, ledger } = await served(both);
  const { json } = await ask("/v1/tasks", { headers: asAda, body: { title: "Ada's", repository: "/r" } });
  const task = String(json?.["task"]);
  const diff = String((await ask(`/v1/runs/${RUN}/pending`, { headers: asAda })).json?.["diff"]);
  const before = (await ledger.read(RUN)).events.length;
  for (const [path, body] of [
    [`/v1/tasks/${task}`],
    [`/v1/tasks/${task}/cancel`, {}],
    [`/v1/runs/${RUN}`],
    [`/v1/runs/${RUN}/pending`],
    [`/v1/runs/${RUN}/approve`, { diff }],
    [`/v1/runs/${RUN}/reject`, { reason: "no" }],
  ] as const)
    expect([path, (await ask(path, { headers: asBob, body })).status]).toEqual([path, 404]);
  const followed = await api.request(`http://localhost/v1/runs/${RUN}/events`, {
    headers: { host: "localhost", ...asBob },
  });
  expect(followed.status).toBe(404);
  expect((await ask("/v1/tasks", { headers: asBob })).json).toMatchObject({ tasks: [] });
  expect((await ask("/v1/runs", { headers: asBob })).json).toMatchObject({ runs: [] });
  const refused = await ask("/v1/tasks", { headers: asBob, body: { title: "t", repository: "/r" } });
  expect(refused).toMatchObject({ status: 400, json: { error: { hint: "yours are: /s" } } });
  expect((await ledger.read(RUN)).events).toHaveLength(before);
  expect(foldTask((await ledger.read(task)).events)?.status).toBe("open");
});

test("a key is its person's own: the same one of another person is another task", async () => {
  const { ask } = await served(both);
  const wanted = { title: "sum([]) throws", key: "k1", repository: "/s" };
  const first = await ask("/v1/tasks", { headers: asAda, body: wanted });
  expect((await ask("/v1/tasks", { headers: asBob, body: wanted })).json).toMatchObject({ added: true, by: "Bob" });
  expect((await ask("/v1/tasks", { headers: asAda, body: wanted })).json).toMatchObject({
    added: false,
    task: first.json?.["task"],
  });
});

test("another method is told which there are, and a body that is no JSON where it breaks off", async () => {
  const { ask } = await served();
  for (const [method, path, allow] of [
    ["DELETE", "/v1/tasks", "POST, GET, HEAD"],
    ["PUT", `/v1/runs/${RUN}`, "GET, HEAD"],
    ["OPTIONS", `/v1/runs/${RUN}/approve`, "POST"],
    ["POST", `/v1/runs/${RUN}/events`, "GET, HEAD"],
  ] as const) {
    const { status, headers } = await ask(path, { method });
    expect([method, path, status, headers.get("allow")]).toEqual([method, path, 405, allow]);
  }
  expect((await ask("/v1/tasks", { body: '{"title": }' })).json).toMatchObject({
    error: { message: expect.stringMatching(/^the body is no JSON: .*(position|token)/) },
  });
  expect((await ask("/v1/tasks", { body: "" })).json).toMatchObject({
    error: { message: "the body is no JSON: it is empty" },
  });
});

test("without tokens nobody decides; with tokens nobody comes in without one", async () => {
  const open = await served();
  expect((await open.ask(`/v1/runs/${RUN}/reject`, { body: { reason: "no" } })).status).toBe(403);
  const { ask } = await served({ tokens: [knownToken("Ada", ADA), knownToken("Bob", "bob-has-another-token-2")] });
  for (const authorization of ["", "Bearer ", `Bearer ${ADA}x`, `Basic ${ADA}`, "Bearer undefined"]) {
    const { status, headers } = await ask("/v1/runs", { headers: { authorization } });
    expect([authorization, status, headers.get("www-authenticate")]).toEqual([authorization, 401, "Bearer"]);
  }
  expect((await ask("/v1/runs", { headers: asAda })).status).toBe(200);
});

test.each([
  ["a name that is not the server's (DNS rebinding)", { host: "evil.example" }, 421],
  ["no name at all", { host: "" }, 421],
  ["a page of a browser", { origin: "http://localhost" }, 403],
  ["a page's picture", { "sec-fetch-site": "cross-site" }, 403],
])("%s is turned away, and no page is let in (no CORS)", async (_, headers, status) => {
  const { ask } = await served();
  const answer = await ask("/v1/health", { headers });
  expect(answer.status).toBe(status);
  expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test.each([
  ["no JSON", "{", JSON_TYPE, 400],
  ["a form", "title=x", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ["an unknown field", { title: "t", wish: { flags: { pr: true } } }, JSON_TYPE, 400],
  ["another repository", { title: "t", repository: "/etc" }, JSON_TYPE, 400],
  ["no title", { title: " " }, JSON_TYPE, 400],
  ["null", "null", JSON_TYPE, 400],
  ["too much", { title: "t", body: "x".repeat(300_000) }, JSON_TYPE, 413],
])("%s is refused with what to do", async (_, body, headers, status) => {
  const { ask, ledger, faults } = await served();
  const answer = await ask("/v1/tasks", { body, headers });
  expect(answer).toMatchObject({ status, json: { error: { outcome: "usage", hint: expect.any(String) } } });
  expect(await ledger.unindexed(undefined, "task")).toEqual([]);
  expect(faults).toEqual([]);
});

test("who asks too often waits, and others do not", async () => {
  const { ask } = await served({
    perMinute: 6,
    tokens: [knownToken("Ada", ADA), knownToken("Bob", "bob-has-another-token-2")],
  });
  const statuses = [];
  for (let index = 0; index < 5; index++) statuses.push((await ask("/v1/health", { headers: asAda })).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await ask("/v1/health", { headers: asAda })).headers.get("retry-after")).toMatch(/^\d+$/);
  expect((await ask("/v1/health", { headers: { authorization: "Bearer bob-has-another-token-2" } })).status).toBe(200);
});

test("the document describes every route, and is the one in the repository", async () => {
  const { ask } = await served();
  const { json } = await ask("/v1/openapi.json");
  const document = JSON.parse(JSON.stringify(openApi())) as { paths: Record<string, object> };
  expect(json).toEqual(document);
  for (const { path, method } of routes) expect(document.paths[path]).toHaveProperty(method);
  const stored = JSON.parse(readFileSync(new URL("../../schema/openapi.json", import.meta.url), "utf8")) as unknown;
  expect(stored).toEqual(document);
});

test("what the routes answer is what the document says of them", async () => {
  const { ask } = await served();
  await ask("/v1/tasks", { body: { title: "t" } });
  for (const path of ["/v1/health", "/v1/tasks", "/v1/runs", `/v1/runs/${RUN}`, `/v1/runs/${RUN}/pending`])
    expect([path, (await ask(path)).status]).toEqual([path, 200]); // every answer is held against the document
  expect(compiled.size).toBeGreaterThan(4);
});

test("a run is followed over a real connection, from where the last one broke off, until the server ends", async () => {
  const { api, ledger, stop } = await served({ hosts: () => ["127.0.0.1"] });
  const log = await ledger.open(RUN);
  const port = Promise.withResolvers<number>();
  const ended = listen(api, { host: "127.0.0.1", port: 0, signal: stop.signal, onListening: port.resolve });
  const seen: string[] = [];
  const at = await port.promise;
  const closed = new Promise<void>((resolve) => {
    const asked = request(
      { host: "127.0.0.1", port: at, path: `/v1/runs/${RUN}/events`, headers: { "last-event-id": "2" } },
      (answer) => {
        answer.setEncoding("utf8").on("data", (text: string) => {
          seen.push(text);
          if (seen.join("").includes("later")) stop.abort();
          else if (seen.length === 1) void log.append({ type: "stage.started", stage: "later" });
        });
        answer.on("error", () => {}).on("close", resolve);
      },
    );
    asked.on("error", () => {}).end();
  });
  await Promise.all([closed, ended]);
  const ids = [...seen.join("").matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids).toEqual(Array.from({ length: log.events.length - 3 }, (_, index) => index + 3));
  await log.close();
});

test("a run that rests is told to its end; who saw it all is told that nothing more comes", async () => {
  const { api, ledger } = await served();
  const follow = (id: string) =>
    api.request(`http://localhost/v1/runs/${RUN}/events`, { headers: { host: "localhost", "last-event-id": id } });
  expect(await (await follow("")).text()).toMatch(/^id: 0\nevent: event|event: end\ndata: \{"run":"\w+"\}\n\n$/m);
  const { events } = await ledger.read(RUN);
  expect((await follow(String(events.length - 1))).status).toBe(204);
});
