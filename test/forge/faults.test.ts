import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Forge } from "../../src/forge/forge.ts";
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
  const { host, url, token } = server;
  server.issues.set(7, { title: "t", body: "b", comments: [{ login: "ada", association: "OWNER", body: "c" }] });
  const jobs = [{ name: "unit", conclusion: "failure", log: "##[error]no" }];
  server.runs.set(3, { name: "test", conclusion: "failure", jobs });
  const forge = await openForge(
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
  return { forge, server, commit: "c".repeat(40) };
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
  const paths = server.calls.map(({ path }) => path);
  expect([paths.length, new Set(paths).size]).toEqual([4, 4]);
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
  await expect(forge.defaultBranch()).rejects.toMatchObject({ outcome: "forge-unavailable" });
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
  const remembered = new Map();
  const { forge, server } = await ground({ remembered });
  const first = await forge.pullRequests();
  expect(server.unchanged).toBe(0);
  expect(await forge.pullRequests()).toEqual(first);
  expect(server.unchanged).toBe(1);
  await forge.openDraft({ branch, base: "main", title: "t", body: "b" });
  expect(await forge.pullRequests()).toHaveLength(1);
});

test("an answer that does not come is waited for only so long", async () => {
  const { server } = await ground();
  server.fault = () => "never-answer";
  const ask = transport(new Map(), 50);
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
