import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Forge } from "../../src/forge/forge.ts";
import { answersIn, answersInMemory } from "../../src/forge/github/answers.ts";
import { checkReply, OddReply, questionsRead } from "../../src/forge/github/replies.ts";
import { transport } from "../../src/forge/github/transport.ts";
import { apiOf, openForge } from "../../src/forge/open.ts";
import { commitAll, git, write } from "../repo/fixture.ts";
import { type ForgeServer, startForgeServer } from "../support/forge-server.ts";

const branch = "claw/a-fix-abc";
type Wish = Partial<Parameters<typeof openForge>[1]>;

/** A repository with a branch of claw's, made once: nothing is pushed to it here. */
const shared = mkdtempSync(join(tmpdir(), "claw-test-"));
const bare = join(shared, "r.git");
beforeAll(() => {
  const cwd = join(shared, "r");
  write(cwd, { a: "1" });
  git(cwd, "init", "-q", "-b", "main");
  commitAll(cwd, "first");
  git(cwd, "branch", branch);
  git(cwd, "clone", "--quiet", "--bare", cwd, bare);
});
afterAll(() => rmSync(shared, { recursive: true, force: true }));

/** A server with an issue and a run of CI, and a forge on it. */
async function ground(wish: Wish = {}) {
  const server = await startForgeServer(bare);
  onTestFinished(() => server.close());
  server.issues.set(7, { title: "t", body: "b", comments: [{ login: "ada", association: "OWNER", body: "c" }] });
  const jobs = [{ name: "unit", conclusion: "failure", log: "##[error]no" }];
  server.runs.set(3, { name: "test", conclusion: "failure", jobs });
  return { forge: await openOn(server, wish), server, commit: "c".repeat(40) };
}

function openOn({ host, url, token }: ForgeServer, wish: Wish = {}): Promise<Forge> {
  return openForge(
    { host, owner: "o", repo: "r" },
    {
      hosts: { [host]: { api: `${url}/api/v3/`, web: url } },
      credential: async () => ({ kind: "tokens", read: token, write: token }),
      onToken: () => {},
      version: "t",
      patienceMs: 5000,
      backoffMs: 5,
      paced: false,
      ...wish,
    },
  );
}

/** Every question and every deed, in an order in which they can be; what each gave. */
async function everything(forge: Forge, commit: string): Promise<unknown> {
  const read = await Promise.all([
    forge.readIssue(7),
    forge.ciRun(3),
    forge.defaultBranch(),
    forge.pullRequests(),
    forge.comments(7),
    forge.mayWrite("ada"),
    forge.reach(),
    forge.account(),
  ]);
  const pull = await forge.openDraft({ branch, base: "main", title: "t", body: "b" });
  const written = await Promise.all([
    forge.pullRequestFrom(branch),
    forge.followUp(pull.number, pull.commit),
    forge.showCheck({ commit, name: "claw proof", run: "r", title: "t", summary: "s", remarks: [] }),
    forge.say(7, "Hello.", "<!-- m -->"),
    forge.addLabels(pull.number, ["claw"]),
  ]);
  return [read, { ...pull, createdAt: 0, commit: "" }, written.length, (await forge.comments(7)).length];
}

const state = ({ pulls, issues, labels, checks }: ForgeServer) => [
  pulls.length,
  issues.get(7)?.comments?.length,
  [...labels.values()],
  checks?.length,
];

const without = <T>(given: T, { host }: ForgeServer): unknown =>
  JSON.parse(JSON.stringify(given).replaceAll(host, "HOST"));

const faults = [
  { status: 502, body: "<html>bad gateway</html>" },
  "lose-answer",
  "cut-answer",
  "cut-connection",
] as const;

test("each question is asked again after any fault, and each deed looked for: nothing is done twice", async () => {
  const calm = await ground();
  const wanted = without(await everything(calm.forge, calm.commit), calm.server);
  expect(state(calm.server)).toEqual([1, 2, [["claw"]], 1]);
  const one = async (fault: (typeof faults)[number]): Promise<void> => {
    const { forge, server, commit } = await ground();
    const failed = new Set<string>();
    server.fault = (method, path) => {
      const key = `${method} ${path}`;
      // A deed that was not done is looked at below.
      const refused = typeof fault === "object" && method === "POST";
      if (failed.has(key) || refused) return undefined;
      failed.add(key);
      return fault;
    };
    expect(without(await everything(forge, commit), server)).toEqual(wanted);
    expect(state(server)).toEqual(state(calm.server));
    expect(failed.size).toBeGreaterThan(10);
  };
  await Promise.all(faults.map(one));
}, 30_000);

test("a deed that failed and is not there is told as failed, and as nothing that a token lacks", async () => {
  const { forge, server } = await ground();
  server.fault = (method) => (method === "POST" ? { status: 502 } : undefined);
  await expect(forge.openDraft({ branch, base: "main", title: "t", body: "b" })).rejects.toMatchObject({
    outcome: "forge-unavailable",
    message: expect.stringContaining("did not answer"),
  });
  server.fault = () => ({ status: 502, body: "<html>bad gateway</html>" });
  // A run of CI is not gone because the server fails.
  await expect(forge.ciRun(3)).rejects.toThrow(/did not answer/);
  await expect(forge.addLabels(7, ["x"])).rejects.toThrow(/did not answer \(labels .*\): status 502$/);
  expect(server.pulls).toEqual([]);
});

const limits = [
  { status: 403, headers: { "x-ratelimit-remaining": "0" }, body: { message: "API rate limit exceeded" } },
  { status: 403, headers: { "retry-after": "1" }, body: { message: "You have exceeded a secondary rate limit." } },
  {
    status: 403,
    headers: { "retry-after": "1" },
    body: { message: "You have triggered an abuse detection mechanism." },
  },
  { status: 429, headers: { "retry-after": "1" }, body: { message: "Slow down." } },
  { status: 429, headers: { "x-ratelimit-remaining": "0" }, body: { message: "API rate limit exceeded" } },
];

test("limits of every kind are waited for, and said, when reading and when writing", async () => {
  const one = async (limit: (typeof limits)[number]): Promise<void> => {
    const waits: number[] = [];
    const { forge, server, commit } = await ground({ onWait: (seconds) => waits.push(seconds) });
    const check = { commit, name: "claw proof", run: "r", title: "t", summary: "s", remarks: [] };
    const limited = new Set<string>();
    server.fault = (method, path) => {
      const key = `${method} ${path}`;
      if (limited.has(key)) return undefined;
      limited.add(key);
      return { ...limit, headers: { ...limit.headers, "x-ratelimit-reset": `${Math.floor(Date.now() / 1000)}` } };
    };
    await forge.addLabels(7, ["claw"]);
    // A limit is no lack of rights.
    expect(await forge.showCheck(check)).toBe(true);
    expect([limit.body.message, waits.length, server.labels.get(7)]).toEqual([limit.body.message, 3, ["claw"]]);
  };
  await Promise.all(limits.map(one));
}, 30_000);

test("what the forge refuses or does not have is asked for once, also where that is no error", async () => {
  const { forge, server } = await ground();
  expect([await forge.ciRun(99), await forge.requiresSignatures(["main"])]).toEqual([null, false]);
  server.fault = () => ({ status: 403, body: { message: "no" } });
  expect(await forge.openIssues()).toEqual([]);
  expect(await forge.addLabels(7, ["claw"])).toBe(false);
  const paths = server.calls.map(({ path }) => path);
  expect([paths.length, new Set(paths).size]).toEqual([5, 5]);
});

test("a page for people where data should be is told as that, and is asked for once", async () => {
  const { forge, server } = await ground();
  server.fault = () => ({ status: 200, body: "<html>Log in</html>" });
  const told = { outcome: "forge-unavailable", message: expect.stringContaining("not GitHub's API") };
  await expect(forge.readIssue(7)).rejects.toMatchObject(told);
  await expect(forge.pullRequests()).rejects.toMatchObject(told);
  expect(server.calls).toHaveLength(2);
});

test("a limit that lasts longer than anybody waits is told at once, and who stops waits for none", async () => {
  const { forge, server } = await ground();
  server.fault = () => ({ status: 403, headers: { "retry-after": "3600" }, body: { message: "secondary rate limit" } });
  await expect(forge.defaultBranch()).rejects.toMatchObject({
    outcome: "forge-unavailable",
    message: expect.stringContaining("limits requests for longer than claw waits"),
    hint: expect.stringMatching(/^try again in 60 min/),
  });
  // Who is asked too much does not say whose the token is.
  server.fault = (_, path) =>
    path.endsWith("/user") ? { status: 429, headers: { "retry-after": "3600" }, body: {} } : undefined;
  const standing = { issue: 7, text: "t", mark: "<!-- s -->", isNews: true };
  await expect(forge.saveComment(standing)).rejects.toMatchObject({ outcome: "forge-unavailable" });
  server.fault = () => ({ status: 403, headers: { "retry-after": "3600" }, body: { message: "secondary rate limit" } });
  const stop = new AbortController();
  const patient = await ground({
    patienceMs: 1e9,
    signal: stop.signal,
    onWait: () => stop.abort(new Error("stopped")),
  });
  patient.server.fault = server.fault;
  await expect(patient.forge.defaultBranch()).rejects.toThrow("stopped");
});

test("who stops while a question fails, or has no answer, is not made to wait for it to be asked again", async () => {
  const one = async (fault: { readonly status: number } | "never-answer"): Promise<number> => {
    const stop = new AbortController();
    const { forge, server } = await ground({ signal: stop.signal, backoffMs: 300 });
    server.fault = () => (setImmediate(() => stop.abort(new Error("stopped"))), fault);
    const asked = performance.now();
    await expect(forge.defaultBranch()).rejects.toThrow("stopped");
    return performance.now() - asked;
  };
  // One wait may have begun; all of them take 4.2 seconds.
  expect(Math.max(...(await Promise.all([one({ status: 502 }), one("never-answer")])))).toBeLessThan(2500);
});

test("what was answered before is only asked about, per credential", async () => {
  const { forge, server } = await ground({ answers: answersInMemory() });
  const first = await forge.pullRequests();
  expect(server.unchanged).toBe(0);
  expect(await forge.pullRequests()).toEqual(first);
  expect(server.unchanged).toBe(1);
  await forge.openDraft({ branch, base: "main", title: "t", body: "b" });
  expect(await forge.pullRequests()).toHaveLength(1);
});

test("an answer outlives the process in a file of its owner's, and saying that nothing has changed takes nothing of the rate limit", async () => {
  const dir = mkdtempSync(join(tmpdir(), "claw-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const folder = join(dir, "cache", "forge");
  const answers = () => answersIn({ folder, mayKeep: (text) => !text.includes("SECRET"), now: () => Date.now() });
  const first = await ground({ answers: answers(), patienceMs: 0 });
  const { server } = first;
  const issue = await first.forge.readIssue(7);
  const [name = ""] = readdirSync(folder);
  expect([statSync(folder).mode & 0o777, statSync(join(folder, name)).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(spawnSync("grep", ["-rF", server.token, folder]).stdout.length).toBe(0);

  // Another process, and no request left.
  server.quota = 0;
  const again = async (token: string) =>
    openOn(server, {
      answers: answers(),
      patienceMs: 0,
      credential: async () => ({ kind: "tokens", read: token, write: token }),
    });
  expect(await (await again(server.token)).readIssue(7)).toEqual(issue);
  expect(server.unchanged).toBeGreaterThan(2);
  // Who has another token gets nothing of it.
  await expect((await again("another")).readIssue(7)).rejects.toMatchObject({ outcome: "forge-unavailable" });
  const asked = server.calls.at(-1);
  expect([asked?.authorization, asked?.ifNoneMatch]).toEqual(["token another", undefined]);

  // What is damaged, or holds a secret, is asked for anew.
  server.quota = 100;
  for (const file of readdirSync(folder)) writeFileSync(join(folder, file), "{");
  expect(await (await again(server.token)).readIssue(7)).toEqual(issue);
  const before = readdirSync(folder).length;
  server.issues.set(8, { title: "t", body: "SECRET" });
  await (await again(server.token)).readIssue(8);
  expect(spawnSync("grep", ["-rlF", "SECRET", folder]).stdout.length).toBe(0);
  expect(readdirSync(folder).length).toBeGreaterThanOrEqual(before);
});

const odd = [null, [null], { head: 5, comments: "many", check_runs: {}, jobs: 1, object: {} }, "text", 7];
const oddly = (body: unknown) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("an answer in good order that is unlike GitHub's is told as that, with what was expected, whatever was asked", async () => {
  const { forge, server, commit } = await ground();
  const check = { commit, name: "n", run: "r", title: "t", summary: "s", remarks: [] };
  const questions: readonly ((forge: Forge) => Promise<unknown>)[] = [
    (one) => one.readIssue(7),
    (one) => one.openIssues(),
    (one) => one.issuesLabelled("bug"),
    (one) => one.redRuns("main"),
    (one) => one.ciRun(3),
    (one) => one.ciEvidence(3),
    (one) => one.defaultBranch(),
    (one) => one.checkPublish(),
    (one) => one.tips(branch),
    (one) => one.requiresSignatures(["main"]),
    (one) => one.pullRequests(),
    (one) => one.pullRequestFrom(branch),
    (one) => one.followUp(1, commit),
    (one) => one.openDraft({ branch, base: "main", title: "t", body: "b" }),
    (one) => one.showCheck(check),
    (one) => one.comments(7),
    (one) => one.say(7, "Hello.", "<!-- m -->"),
    (one) => one.saveComment({ issue: 7, text: "t", mark: "<!-- s -->", isNews: true }),
    (one) => one.mayWrite("ada"),
    (one) => one.reach(),
    (one) => one.account(),
  ];
  const told = {
    outcome: "forge-unavailable",
    message: expect.stringMatching(/^what answers at http.* is not GitHub's API: .*(?:expected|it sends text)/),
  };
  for (const body of odd) {
    server.fault = () => oddly(body);
    for (const question of questions)
      await expect(question(forge), `${String(question)} ${JSON.stringify(body)}`).rejects.toMatchObject(told);
  }
  expect(server.calls.every(({ method }) => method === "GET")).toBe(true);
});

const api = "https://forge.example";

test("what is read of each answer is looked for in it", () => {
  for (const question of questionsRead) {
    const [method = "", url = ""] = question.split(" ");
    const unlike = url.includes("/compare/") ? odd.filter((data) => typeof data !== "string") : odd;
    for (const data of unlike)
      expect(() => checkReply(api, { method, url, data }), `${question} ${JSON.stringify(data)}`).toThrow(OddReply);
  }
  const lacking = [{ number: 1, html_url: "u", state: "open", created_at: "", head: { ref: "b", sha: "c", repo: 1 } }];
  expect(() => checkReply(api, { method: "GET", url: "/repos/{owner}/{repo}/pulls", data: lacking })).toThrow(
    "its answer to GET /repos/{owner}/{repo}/pulls is unlike any of GitHub's at 0.head.repo: Invalid input: expected object, received number",
  );
});

test("a deed whose answer says nothing is looked for", async () => {
  const { forge, server } = await ground();
  server.fault = (method) => (method === "POST" ? "odd-answer" : undefined);
  const draft = { branch, base: "main", title: "t", body: "b" };
  expect(await forge.openDraft(draft)).toMatchObject({ number: 100, draft: true });
  expect(await forge.say(7, "Hello.", "<!-- m -->")).toContain("/issues/7#");
  expect([server.pulls.length, server.issues.get(7)?.comments?.length]).toEqual([1, 2]);
});

test("a repository that was renamed or given away is asked, and written to, under its new name; another server gets nothing", async () => {
  const moved: string[] = [];
  const { forge, server, commit } = await ground({ onMoved: (from, to) => moved.push(`${from} ${to}`) });
  const calm = await ground();
  const wanted = without(await everything(calm.forge, calm.commit), calm.server);
  server.renamed = "p/s";
  // A write is the first thing that is asked: it was not done where it was sent.
  await forge.addLabels(7, ["claw"]);
  server.labels.clear();
  expect(without(await everything(forge, commit), server)).toEqual(wanted);
  expect([moved, forge.place.owner, state(server)]).toEqual([["o/r p/s"], "p", state(calm.server)]);
  expect(await forge.pushAccess()).toMatchObject({ url: `${server.url}/p/s.git` });
  expect(server.calls.filter(({ method, path }) => method === "POST" && path.includes("/o/r"))).toHaveLength(1);

  const other = await ground();
  const thief = await ground();
  for (const status of [301, 302, 307, 308]) {
    other.server.fault = () => ({ status, headers: { location: `${thief.server.url}/api/v3/repos/o/r` } });
    await expect(other.forge.readIssue(7)).rejects.toMatchObject({ outcome: "forge-unavailable" });
    await expect(other.forge.addLabels(7, ["x"])).rejects.toThrow(/another server, which gets no token/);
    // Round in circles, and a new name that is not told.
    other.server.fault = () => ({ status, headers: { location: `${other.server.url}/api/v3/repos/o/r` } });
    await expect(other.forge.readIssue(7)).rejects.toThrow(/has another name now/);
  }
  expect(thief.server.calls).toEqual([]);
});

test("an answer that does not come is waited for only so long", async () => {
  const { server } = await ground();
  server.fault = () => "never-answer";
  const ask = transport(answersInMemory(), 50);
  const headers = { authorization: `token ${server.token}` };
  await expect(ask(`${server.url}/api/v3/repos/o/r`, { headers, method: "GET" })).rejects.toThrow(/time/);
});

test("the API of an Enterprise server lies below its own name unless the configuration says where", () => {
  expect([
    apiOf("github.com"),
    apiOf("git.example.org"),
    apiOf("git.example.org", { api: "https://api.example.org/" }),
  ]).toEqual(["https://api.github.com", "https://git.example.org/api/v3", "https://api.example.org"]);
});
