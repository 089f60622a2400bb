import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { JudgedFailure } from "../../src/reports/triage-rows.ts";
import { git, makeRepository, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { forgesOf } from "../support/open-forges.ts";
import { failed } from "../support/judged-failure.ts";
import { memoryLedger, pieces } from "../support/recorded-fix.ts";

/** A ledger with triages of the given failures, in a clone of a forge that has pull request 12. */
async function triaged(runs: Readonly<Record<string, readonly JudgedFailure[]>>) {
  const ledger = await memoryLedger();
  for (const [run, failures] of Object.entries(runs)) {
    const log = await ledger.open(run);
    await log.append({ ...pieces(log).started, workflow: "triage" } as never);
    const verdicts = log.put(JSON.stringify(failures));
    await log.append({ type: "failures.judged", head: "a".repeat(40), base: null, worst: null, counts: {}, verdicts });
    await log.close();
  }
  const server = await startForgeServer("/nonexistent");
  onTestFinished(() => server.close());
  const { url } = server;
  server.account = "claw";
  server.issues.set(12, { title: "A change", body: "", pull_request: {} }).set(7, { title: "t", body: "b" });
  const cwd = makeRepository({ a: "1" });
  git(cwd, "remote", "add", "origin", `${url}/o/r.git`);
  const config = join(temporary(), "claw");
  const forge = forgesOf(server, { paced: false });
  const say = (args: readonly string[], environment: Record<string, string> = {}, at = cwd) =>
    type(["triage", "--comment", ...args], { ledger, cwd: at, app: { forge }, environment });
  const thread = () => (server.issues.get(12)?.comments ?? []).map(({ body }) => body);
  return { ledger, server, say, thread, config, cwd };
}

test("what a triage found is said on its pull request in one comment, edited in place, with verdict and result on record", async () => {
  const { ledger, server, say, thread } = await triaged({
    red: [failed("adds up"), failed("@everyone look ![x](http://evil/x.png)")],
    redder: [failed("adds up"), failed("is sorted"), failed("is empty")],
    green: [],
  });
  // Where all is well nothing is said.
  expect(await say(["--of", "green", "--pr", "12"])).toMatchObject({
    code: 0,
    err: expect.stringContaining("no comment"),
  });
  expect(thread()).toEqual([]);
  const written = await say(["--of", "red", "--pr", "#12"]);
  expect(written).toMatchObject({ code: 0, err: expect.stringMatching(/^comment written: http:.*\/issues\/12#/) });
  const [first = ""] = thread();
  expect(first).toMatch(/^## Triage: 2 regression[\s\S]*`adds up`[\s\S]*<!-- claw triage -->\n$/);
  // What a test is called calls nobody, and loads nothing.
  expect(first).toContain("🔴 @<!-- -->everyone look !\\[x](http://evil/x.png)");
  expect((await say(["--of", "red", "--pr", "12"])).err).toContain("comment unchanged");
  const edited = await say(["--of", "redder", "--pr", `${server.url}/o/r/pull/12`, "--json"]);
  expect(JSON.parse(edited.out)).toMatchObject({ type: "triage-comment", version: 1, run: "redder", how: "edited" });
  expect((await say(["--of", "green", "--pr", "12"])).err).toContain("comment edited");
  expect(thread()).toEqual([expect.stringContaining("Nothing fails")]);
  const events = (await ledger.read("red")).events.filter(({ type: name }) => name.startsWith("effect."));
  expect(events).toMatchObject([
    { type: "effect.judged", effect: "comment", verdict: "allow", target: expect.stringContaining("o/r#12") },
    { type: "effect.done", effect: "comment", result: expect.stringContaining("/issues/12#") },
  ]);
});

test("the pull request is that of the GitHub event, of this repository; without one nothing is said", async () => {
  const { server, say, thread } = await triaged({ red: [failed("adds up")] });
  const event = join(temporary(), "event.json");
  const of = (repository: string, more: object) =>
    writeFileSync(event, JSON.stringify({ repository: { full_name: repository }, ...more }));
  const told = async (...args: Parameters<typeof say>) => {
    const { code, err } = await say(...args);
    return [code, err.split("\n")[0]];
  };
  const run = ["--of", "red"];
  expect(await told(run)).toEqual([2, "claw: no pull request is named"]);
  of("o/r", {});
  expect(await told(run, { GITHUB_EVENT_PATH: event, GITHUB_REF: "refs/heads/main" })).toEqual([
    2,
    "claw: no pull request is named",
  ]);
  of("x/y", { pull_request: { number: 12 } });
  expect(await told(run, { GITHUB_EVENT_PATH: event })).toEqual([2, expect.stringContaining("the event is of x/y")]);
  expect(await told([...run, "--pr", "7"])).toEqual([2, expect.stringContaining("is an issue")]);
  expect(await told([...run, "--pr", "twelve"])).toEqual([2, expect.stringContaining("is no pull request")]);
  expect(await told([...run, "report.xml"])).toEqual([2, expect.stringContaining("reads no report")]);
  expect(thread()).toEqual([]);
  of("O/R", { pull_request: { number: 12 } });
  expect((await told(run, { GITHUB_EVENT_PATH: event }))[0]).toBe(0);
  expect((await told(run, { GITHUB_REF: "refs/pull/12/merge" }))[0]).toBe(0);
  // A job that only comments has no clone.
  const job = { GITHUB_EVENT_PATH: event, GITHUB_SERVER_URL: server.url, GITHUB_REPOSITORY: "o/r" };
  expect((await told(run, job, temporary()))[0]).toBe(0);
  expect((await told(run, { GITHUB_EVENT_PATH: event }, temporary()))[0]).toBe(23);
  expect(thread()).toHaveLength(1);
  server.fault = (method) =>
    method === "GET" ? undefined : { status: 403, body: { message: "Resource not accessible" } };
  server.issues.get(12)!.comments = [];
  expect(await told([...run, "--pr", "12"])).toEqual([22, expect.stringContaining("does not allow a comment on #12")]);
});

test("nothing is said, and no token looked up, where the user's configuration lets nothing out", async () => {
  const { ledger, server, say, config } = await triaged({ red: [failed("adds up")] });
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, "config.yaml"), "forge: { publish: false }\n");
  const { code, err } = await say(["--of", "red", "--pr", "12"], { XDG_CONFIG_HOME: join(config, "..") });
  expect([code, err.split("\n")[0]]).toEqual([13, expect.stringContaining("nothing may be said on")]);
  expect(server.calls).toEqual([]);
  expect((await ledger.read("red")).events.at(-1)).toMatchObject({ type: "effect.judged", verdict: "deny" });
});
