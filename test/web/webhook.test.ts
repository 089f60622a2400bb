import { createHmac, hash } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { App } from "../../src/app.ts";
import { hookHands, servedPlaces } from "../../src/cli/serve/hook-hands.ts";
import { triageWork } from "../../src/cli/triage/triage-work.ts";
import { loadConfig } from "../../src/config.ts";
import { localTimes } from "../../src/times.ts";
import { foldTask } from "../../src/views/task.ts";
import { waitingFor } from "../../src/views/waiting.ts";
import { HOOK_PATH, type HookOptions, hookOn } from "../../src/web/webhook/receive.ts";
import { TriageInput } from "../../src/workflows/triage/input.ts";
import { git, makeRepository } from "../repo/fixture.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { forgesOf } from "../support/open-forges.ts";
import { memoryLedger, patchText, pieces } from "../support/recorded-fix.ts";

const SECRET = "a-secret-of-the-webhook-0001";
const RUN = "1kb2c3d4e5f6";

const signed = (body: string | Uint8Array, secret = SECRET, how = "sha256") =>
  `${how}=${createHmac(how, secret).update(body).digest("hex")}`;

/** Sends a body as GitHub does; headers that are given replace its own, undefined leaves one out. */
function sender(app: ReturnType<typeof hookOn>) {
  return async (body: string, given: Readonly<Record<string, string | undefined>> = {}) => {
    const all: Record<string, string | undefined> = {
      "content-type": "application/json",
      "x-github-event": "ping",
      "x-github-delivery": "d-1",
      "x-hub-signature-256": signed(body),
      ...given,
    };
    const headers = Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const answer = await app.request(HOOK_PATH, { method: "POST", headers, body });
    return { status: answer.status, json: (await answer.json()) as Record<string, string> };
  };
}

/** The receiver before hands that count what reaches them. */
function alone(options: Partial<HookOptions> = {}) {
  const seen: string[] = [];
  const faults: unknown[] = [];
  const app = hookOn({
    secret: SECRET,
    receive: ({ id }) => (seen.push(id), Promise.resolve({ status: "pong", reason: "" })),
    clean: (text) => text,
    onFault: (error) => faults.push(error),
    ...options,
  });
  return { app, send: sender(app), seen, faults };
}

/** A forge, a clone of its repository, a ledger, and the receiver with what claw does. */
async function whole() {
  const server = await startForgeServer("/nonexistent");
  onTestFinished(() => server.close());
  const { url } = server;
  const root = makeRepository({ "sum.js": "1" });
  git(root, "remote", "add", "origin", `${url}/o/r.git`);
  const ledger = await memoryLedger();
  onTestFinished(() => ledger.close());
  const forge = forgesOf(server, { backoffMs: 5, paced: false });
  const config = loadConfig({ HOME: "/nonexistent", USER: "root", PATH: process.env["PATH"] });
  const app = { version: "0", config, ledger: () => Promise.resolve(ledger), forge } as unknown as App;
  const receive = hookHands(app, await servedPlaces(app, [root]), { err: () => {}, times: localTimes });
  const { send, faults } = alone({ receive });
  const repository = { full_name: "o/r", html_url: `${url}/o/r`, default_branch: "main" };
  let sent = 0;
  /** Delivers an event of somebody's about issue 7, each with a number of its own unless one is given. */
  const deliver = (event: string, payload: object, id = `d-${(sent += 1)}`) =>
    send(JSON.stringify({ repository, ...payload }), {
      "x-github-event": event,
      "x-github-delivery": id,
      "x-hub-signature-256": signed(JSON.stringify({ repository, ...payload })),
    });
  const label = (login = "ada") => ({
    action: "labeled",
    sender: { login },
    issue: { number: 7 },
    label: { name: "claw" },
  });
  const comment = (body: string, login = "ada") => ({
    action: "created",
    sender: { login },
    issue: { number: 7 },
    comment: { body, user: { login } },
  });
  server.issues.set(7, { title: "sum([]) throws", body: "It should be 0.", comments: [] });
  server.permissions.set("ada", "write");
  const stateOf = async (task = "") => foldTask((await ledger.read(task)).events);
  const jobs = async (task = "") => (await ledger.queue.jobs({ subject: task, limit: 10 })).length;
  return { app, server, root, ledger, faults, deliver, label, comment, stateOf, jobs };
}

test("an issue that somebody who may write has labelled becomes a task once, however often the delivery comes", async () => {
  const { root, ledger, deliver, label, comment, stateOf, jobs, faults, server } = await whole();
  const first = await deliver("issues", label(), "d-a");
  expect(first).toMatchObject({ status: 202, json: { status: "queued", task: expect.stringMatching(/^t-/) } });
  const { task } = first.json;
  expect(await stateOf(task)).toMatchObject({
    status: "open",
    workflow: "fix",
    trust: "member",
    repository: root,
    by: `ada at ${server.host}`,
    source: { kind: "issue", ref: `${server.url}/o/r/issues/7` },
  });
  expect(await deliver("issues", label(), "d-a")).toMatchObject({ status: 202, json: { status: "repeated", task } });
  const again = { ...label(), issue: { number: 7, updated_at: "2026-01-02T00:00:00Z" } };
  expect((await deliver("issues", again, "d-b")).json).toMatchObject({ status: "known", task });
  expect((await deliver("issues", again, "d-b")).json).toMatchObject({ status: "repeated", task });
  expect([await jobs(task), faults]).toEqual([1, []]);

  // Closed by a person it stays so, until somebody who may asks again.
  await ledger.tellTask(task!, [{ type: "task.closed", outcome: "cancelled", reason: "not now", by: "ada" }]);
  expect((await deliver("issues", label(), "d-a")).json).toMatchObject({ status: "repeated" });
  // Its number is not signed: who has its bytes can send them under another.
  expect((await deliver("issues", label(), "d-c")).json).toMatchObject({ status: "repeated" });
  expect((await stateOf(task))?.status).toBe("closed");
  expect((await deliver("issue_comment", comment("/claw fix"))).json).toMatchObject({ status: "queued", task });
  expect((await stateOf(task))?.status).toBe("open");
});

test("strangers, other repositories and pull requests start nothing; where the forge does not answer, the same delivery may come again", async () => {
  const { ledger, server, deliver, label } = await whole();
  const ignored = async (payload: object) => (await deliver("issues", payload)).json;
  expect(await ignored(label("eve"))).toMatchObject({
    status: "ignored",
    reason: expect.stringContaining("eve may not write"),
  });
  for (const repository of [
    { full_name: "x/y", html_url: `${server.url}/x/y` },
    { full_name: "o/r", html_url: "https://github.com/o/r" },
  ])
    expect(await ignored({ ...label(), repository })).toMatchObject({
      reason: expect.stringContaining("not among webhook.repositories"),
    });
  server.issues.set(7, { title: "t", body: "b", pull_request: {} });
  expect(await ignored(label())).toMatchObject({ reason: expect.stringContaining("is a pull request") });
  server.issues.set(7, { title: "t", body: "b" });
  server.fault = () => ({ status: 401 });
  const unanswered = await deliver("issues", label(), "d-a");
  expect(unanswered).toMatchObject({ status: 503, json: { error: expect.stringContaining("deliver it again") } });
  expect(await ledger.unindexed(undefined, "task")).toEqual([]);
  server.fault = () => undefined;
  expect((await deliver("issues", label(), "d-a")).json).toMatchObject({ status: "queued" });
});

test("CI that is red on the default branch becomes one triage for its workflow and commit", async () => {
  const { app, root, server, deliver, stateOf } = await whole();
  const run = (id: number) => ({
    action: "completed",
    workflow_run: {
      id,
      name: "ci",
      html_url: `${server.url}/o/r/actions/runs/${id}`,
      head_sha: "c".repeat(40),
      head_branch: "main",
      conclusion: "failure",
      head_repository: { full_name: "o/r" },
    },
  });
  const { task, status } = (await deliver("workflow_run", run(3))).json;
  expect([status, await stateOf(task)]).toEqual([
    "queued",
    expect.objectContaining({ workflow: "triage", trust: "tool", wish: { ciRun: `${server.url}/o/r/actions/runs/3` } }),
  ]);
  expect((await deliver("workflow_run", run(4))).json).toMatchObject({ status: "known", task });
  // What the worker begins with: the logs of that run, read then.
  const log = "not ok 1 - sum of nothing\n  ---\n  error: 'x'\n  ...\n1..1\n";
  server.runs.set(3, { name: "ci", conclusion: "failure", jobs: [{ name: "unit", conclusion: "failure", log }] });
  const { signal } = new AbortController();
  const place = { app, cwd: root, err: () => {}, times: localTimes, signal };
  const { workflow, input } = await triageWork(place, { ciRun: `${server.url}/o/r/actions/runs/3` });
  const { reports, notes } = TriageInput.parse(input((body) => hash("sha256", body)));
  expect([workflow.name, reports.map(({ source }) => source)]).toEqual(["triage", ["unit of run 3"]]);
  expect(notes).toEqual([expect.stringContaining("is not in this clone")]);
});

test("a decision of somebody who may, in a comment that was not edited, is recorded once, and a worker goes on", async () => {
  const { server, ledger, deliver, label, comment, jobs } = await whole();
  const { task = "" } = (await deliver("issues", label())).json;
  const log = await ledger.open(RUN);
  const { started, intake, patch, gate } = pieces(log);
  const diff = log.put(patchText);
  const approve = `/claw approve ${diff.slice(0, 12)}`;
  expect((await deliver("issue_comment", comment(approve))).json).toMatchObject({
    reason: expect.stringContaining("waits for an answer"),
  });
  const asks = {
    type: "run.paused",
    outcome: "waiting",
    reason: "a person must approve",
    hint: "",
    diff,
    expires: Date.now() + 3_600_000,
  } as const;
  for (const event of [
    { ...started, input: {} },
    ...intake,
    ...patch,
    gate("protected-paths", "ask", "why"),
    asks,
  ] as never[])
    await log.append(event);
  await log.close();
  const rested = { type: "task.rested", run: RUN, outcome: "waiting", reason: "", hint: "" } as const;
  await ledger.tellTask(task, [{ type: "task.worked", run: RUN }, rested]);
  await ledger.queue.drop((await ledger.queue.jobs({ subject: task, limit: 10 })).map(({ id }) => id));

  const said = server.issues.get(7)!.comments!;
  const says = async (login: string, body: string, edited = false) => {
    said.push({ login, association: "OWNER", body, edited });
    return (await deliver("issue_comment", comment(body, login))).json;
  };
  expect(await says("eve", approve)).toMatchObject({ status: "ignored" });
  expect(await says("ada", approve, true)).toMatchObject({ status: "ignored" });
  expect([waitingFor((await ledger.read(RUN)).events)?.approval, await jobs(task)]).toEqual([null, 0]);
  expect(await says("ada", approve)).toMatchObject({ status: "decided", task });
  expect(waitingFor((await ledger.read(RUN)).events)?.approval).toMatchObject({
    by: `ada on ${server.host}`,
    account: `ada at ${server.host}`,
    known: "forge",
    source: expect.stringContaining("/issues/7#comment-"),
  });
  expect(await jobs(task)).toBe(1);
  expect((await ledger.read(RUN)).events.filter(({ type }) => type === "approval.given")).toHaveLength(1);
});

const zen = '{"zen":"…"}';
test.each([
  ["no signature", { "x-hub-signature-256": undefined }, 401],
  ["another secret's signature", { "x-hub-signature-256": signed(zen, "another-secret-00000001") }, 401],
  ["another body's signature", { "x-hub-signature-256": signed(`${zen} `) }, 401],
  ["SHA-1 alone", { "x-hub-signature-256": undefined, "x-hub-signature": signed(zen, SECRET, "sha1") }, 401],
  ["SHA-1 in the place of SHA-256", { "x-hub-signature-256": signed(zen, SECRET, "sha1") }, 401],
  ["half a signature", { "x-hub-signature-256": signed(zen).slice(0, 40) }, 401],
  ["an empty signature", { "x-hub-signature-256": "sha256=" }, 401],
  ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ["a length that is too large", { "content-length": "30000000" }, 413],
  ["no delivery id", { "x-github-delivery": undefined }, 400],
  ["a delivery id that is none", { "x-github-delivery": "../x" }, 400],
  ["no event", { "x-github-event": undefined }, 400],
])("%s is refused before anything of the body is read as JSON", async (_, headers, status) => {
  const { send, seen, faults } = alone();
  expect([(await send(zen, headers)).status, seen, faults]).toEqual([status, [], []]);
});

test("what is signed and no JSON, too much of anything, and what comes too slowly are refused; a ping is answered", async () => {
  const { app, send, seen } = alone({ bodyMs: 40 });
  expect((await send("{")).status).toBe(400);
  expect((await send("x".repeat(6_000_000))).status).toBe(413);
  const headers = { "content-type": "application/json", "x-hub-signature-256": signed("") };
  const slow = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("{")) });
  const answer = await app.request(HOOK_PATH, { method: "POST", headers, body: slow, duplex: "half" } as RequestInit);
  expect([answer.status, (await app.request(HOOK_PATH)).status, (await app.request("/")).status]).toEqual([
    408, 405, 404,
  ]);
  expect(seen).toEqual([]);
  expect((await send(zen)).status).toBe(200);
  expect(seen).toEqual(["d-1"]);
});

test("what takes longer than GitHub waits is told as not done; a fault of claw is told to nobody outside", async () => {
  const slow = alone({
    workMs: 20,
    receive: (_, signal) =>
      new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  expect(await slow.send(zen)).toMatchObject({
    status: 503,
    json: { error: expect.stringContaining("took too long") },
  });
  const broken = alone({ receive: () => Promise.reject(new Error("the inside of claw")) });
  const { status, json } = await broken.send(zen);
  expect([status, JSON.stringify(json).includes("inside"), broken.faults.length]).toEqual([500, false, 1]);
});
