import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Forge } from "../../src/forge/forge.ts";
import { openForge } from "../../src/forge/open.ts";
import { localPlace } from "../../src/forge/place.ts";
import { claimMessage, claimRef } from "../../src/policy/claim.ts";
import { openBare } from "../../src/repo/bare.ts";
import { pushBranch } from "../../src/repo/push.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { commitAll, git, temporary, write } from "../repo/fixture.ts";
import { startForgeServer } from "../support/forge-server.ts";

/** A forge, and what people do there. */
interface Ground {
  readonly forge: Forge;
  readonly bare: string;
  /** An issue and its comments, all by somebody who owns the repository. */
  readonly issue: (number: number, title: string, body: string, comments?: readonly string[]) => void;
  readonly close: (pull: number) => void;
  readonly merge: (pull: number, branch: string) => void;
  readonly labelsOf: (pull: number) => readonly string[];
}

const wishes = { hosts: {}, onToken: () => {}, version: "t", patienceMs: 0, paced: false, now: () => Date.now() };

async function onServer(bare: string): Promise<Ground> {
  const server = await startForgeServer(bare);
  onTestFinished(() => server.close());
  const { host, url, token } = server;
  const forge = await openForge(
    { host, owner: "o", repo: "r" },
    {
      ...wishes,
      hosts: { [host]: { api: `${url}/api/v3`, web: url } },
      credential: async () => ({ kind: "tokens", read: token, write: token }),
    },
  );
  server.permissions.set("ada", "admin");
  server.account = "claw";
  const change = (number: number, to: object) =>
    Object.assign(
      server.pulls.find((pull) => pull.number === number)!,
      to,
    );
  return {
    forge,
    bare,
    issue: (number, title, body, comments = []) =>
      void server.issues.set(number, {
        title,
        body,
        comments: comments.map((text) => ({ login: "ada", association: "OWNER", body: text })),
      }),
    close: (number) => void change(number, { state: "closed" }),
    merge: (number) => void change(number, { state: "closed", merged_at: new Date().toISOString() }),
    labelsOf: (number) => server.labels.get(number) ?? [],
  };
}

test("branches go to a fork where one is named; a token that may not push is told of before work begins", async () => {
  const { bare, cwd, commit } = made();
  const server = await startForgeServer(bare);
  onTestFinished(() => server.close());
  const { host, url, token } = server;
  const place = { host, owner: "o", repo: "r" };
  const reached = { ...wishes, hosts: { [host]: { api: `${url}/api/v3`, web: url } } };
  const credential = async () => ({ kind: "tokens", read: token, write: token }) as const;
  server.mayPush = false;
  await expect((await openForge(place, { ...reached, credential })).checkPublish()).rejects.toMatchObject({
    outcome: "forge-unavailable",
    message: expect.stringContaining("may not push"),
  });
  server.fork = join(temporary(), "theirs.git");
  git(cwd, "clone", "--quiet", "--bare", bare, server.fork);
  const forge = await openForge(place, { ...reached, credential, forks: { [`${host}/o/r`]: "fork/r" } });
  await forge.checkPublish();
  await pushBranch(await openRepository(cwd), { commit, branch, to: await forge.pushAccess() });
  expect([git(server.fork, "rev-parse", branch), git(bare, "branch", "--list", branch)]).toEqual([commit, ""]);
  expect((await forge.tips(branch)).branch).toBe(commit);
  const pull = await forge.openDraft({ branch, base: "main", title: "t", body: "b" });
  expect(pull).toMatchObject({ own: true, commit });
  expect(await forge.openDraft({ branch, base: "main", title: "t", body: "b" })).toEqual(pull);
  await expect(forge.openDraft({ branch, base: "none", title: "t", body: "b" })).resolves.toEqual(pull);
  server.pulls.length = 0;
  await expect(forge.openDraft({ branch, base: "none", title: "t", body: "b" })).rejects.toThrow(
    /no branch none to merge into/,
  );
});

test("a CI workflow is red by its newest finished run; where runs may not be seen, none is", async () => {
  const server = await startForgeServer(made().bare);
  onTestFinished(() => server.close());
  const { host, url, token } = server;
  const credential = async () => ({ kind: "tokens", read: token, write: token }) as const;
  const hosts = { [host]: { api: `${url}/api/v3`, web: url } };
  const forge = await openForge({ host, owner: "o", repo: "r" }, { ...wishes, hosts, credential });
  server.runs.set(1, { name: "ci", conclusion: "failure", jobs: [] });
  server.runs.set(2, { name: "ci", conclusion: "success", jobs: [] });
  server.runs.set(3, { name: "lint", conclusion: "success", workflow: 2, jobs: [] });
  server.runs.set(4, { name: "lint", conclusion: "timed_out", workflow: 2, jobs: [] });
  const at = Date.parse("2026-01-01T00:00:00Z");
  expect(await forge.redRuns("main")).toEqual([
    { id: 4, name: "lint", url: `${url}/o/r/actions/runs/4`, commit: "c".repeat(40), at },
  ]);
  server.fault = () => ({ status: 403 });
  expect(await forge.redRuns("main")).toEqual([]);
});

async function onDisk(bare: string): Promise<Ground> {
  const folder = `${bare}.forge`;
  const forge = await openForge(localPlace(bare), {
    ...wishes,
    credential: () => Promise.reject(new Error("files need no credential")),
    localGit: (path) => openBare(path),
  });
  const page = (number: number): string => join(folder, "pulls", `${number}.md`);
  return {
    forge,
    bare,
    issue(number, title, body, comments = []) {
      mkdirSync(join(folder, "issues", `${number}`), { recursive: true });
      writeFileSync(join(folder, "issues", `${number}.md`), `---\nlabels: [bug]\n---\n# ${title}\n\n${body}\n`);
      for (const [index, text] of comments.entries())
        writeFileSync(join(folder, "issues", `${number}`, `${index + 1}.md`), text);
    },
    close: (number) => writeFileSync(page(number), readFileSync(page(number), "utf8").replace("open", "closed")),
    merge: (_, branch) => git(bare, "update-ref", "refs/heads/main", branch),
    labelsOf: (number) =>
      /^labels:((?:\n +- .*)*)$/m.exec(readFileSync(page(number), "utf8"))?.[1]?.match(/\w+/g) ?? [],
  };
}

const template = mkdtempSync(join(tmpdir(), "claw-test-"));
beforeAll(() => {
  const cwd = join(template, "r");
  write(cwd, { "a.txt": "one\n" });
  git(cwd, "init", "-q", "-b", "main");
  commitAll(cwd, "first");
  git(cwd, "clone", "--quiet", "--bare", cwd, join(template, "r.git"));
  write(cwd, { "a.txt": "two\n" });
  commitAll(cwd, "second");
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

/** A clone with a commit that the bare repository lacks. */
function made(): { readonly bare: string; readonly cwd: string; readonly commit: string } {
  const dir = temporary();
  cpSync(template, dir, { recursive: true });
  const cwd = join(dir, "r");
  return { bare: join(dir, "r.git"), cwd, commit: git(cwd, "rev-parse", "HEAD") };
}

const branch = "claw/a-fix-abc";

describe.for([
  ["GitHub", onServer],
  ["files beside a bare repository", onDisk],
] as const)("%s", ([, open]) => {
  async function pushed() {
    const { bare, cwd, commit } = made();
    const ground = await open(bare);
    const { forge } = ground;
    const push = async () =>
      pushBranch(await openRepository(cwd), {
        commit: git(cwd, "rev-parse", "HEAD"),
        branch,
        to: await forge.pushAccess(),
      });
    await push();
    const draft = { branch, base: await forge.defaultBranch(), title: "Fix: a", body: "Why.\n\n<!-- claw run=r -->\n" };
    return { ...ground, cwd, commit, push, draft };
  }

  test("an issue is read with who said what, and a thread without its middle", async () => {
    const ground = await open(made().bare);
    ground.issue(7, "sum([]) throws", "It should be 0.", ["Same here."]);
    expect(await ground.forge.readIssue(7)).toMatchObject({
      number: 7,
      title: "sum([]) throws",
      body: "It should be 0.",
      state: "open",
      locked: false,
      isPullRequest: false,
      labels: ["bug"],
      association: "OWNER",
      comments: [{ association: "OWNER", body: "Same here." }],
      commentsLeftOut: 0,
    });
    ground.issue(
      8,
      "t",
      "b",
      Array.from({ length: 400 }, (_, index) => `comment ${index}`),
    );
    const { comments, commentsLeftOut } = await ground.forge.readIssue(8);
    expect([comments[0]?.body, comments.at(-1)?.body, comments.length + commentsLeftOut]).toEqual([
      "comment 0",
      "comment 399",
      400,
    ]);
    expect(comments.length).toBeLessThan(100);
    const listed = await ground.forge.openIssues();
    expect(listed.map(({ number, title, body }) => [number, title, body])).toEqual([
      [8, "t", "b"],
      [7, "sum([]) throws", "It should be 0."],
    ]);
    const asked = await ground.forge.issuesLabelled("bug");
    expect(asked.map(({ number, labels }) => [number, labels])).toEqual([
      [7, ["bug"]],
      [8, ["bug"]],
    ]);
    expect(asked.every(({ createdAt }) => createdAt > 0)).toBe(true);
    expect(await ground.forge.issuesLabelled("claw")).toEqual([]);
    await expect(ground.forge.readIssue(9)).rejects.toMatchObject({ outcome: "usage" });
  });

  test("a branch is pushed once and never moved, and becomes one draft", async () => {
    const { bare, forge, commit, cwd, push, draft } = await pushed();
    await push();
    expect(git(bare, "rev-parse", branch)).toBe(commit);
    expect(await forge.pullRequestFrom(branch)).toBeNull();
    const first = await forge.openDraft(draft);
    expect(first).toMatchObject({ state: "open", draft: true, own: true, branch, commit });
    expect(await forge.openDraft(draft)).toEqual(first);
    expect(await forge.pullRequests()).toEqual([first]);
    expect(await forge.pullRequestFrom(branch)).toEqual(first);
    git(cwd, "commit", "--quiet", "--amend", "--message=other");
    await expect(push()).rejects.toMatchObject({
      outcome: "forge-unavailable",
      message: expect.stringContaining("already"),
    });
    expect(git(bare, "rev-parse", branch)).toBe(commit);
  });

  test("a branch and the claim of its run are made in one step: who comes second makes neither", async () => {
    const { bare, cwd, commit } = made();
    const { forge } = await open(bare);
    const repository = await openRepository(cwd);
    const push = async (run: string) =>
      pushBranch(repository, {
        commit,
        branch: `claw/7-${run}`,
        claim: { ref: claimRef(7, 1), message: claimMessage({ issue: 7, run, branch: `claw/7-${run}` }), at: 10 ** 12 },
        to: await forge.pushAccess(),
      });
    expect(await forge.claim(7, 1)).toBeNull();
    await push("1abc");
    await expect(push("1xyz")).rejects.toMatchObject({ outcome: "forge-unavailable" });
    expect(await forge.claim(7, 1)).toEqual({ run: "1abc", at: 10 ** 12 });
    const refs = git(bare, "for-each-ref", "--format=%(refname)").split("\n");
    expect(refs).toEqual(["refs/claw/claims/7-1", "refs/heads/claw/7-1abc", "refs/heads/main"]);
    git(bare, "update-ref", claimRef(7, 2), git(bare, "rev-parse", "main:a.txt"));
    expect(await forge.claim(7, 2), "a ref that is there, and no commit").toEqual({ run: null, at: null });
  });

  test("what people do with a draft is seen: their commits, that they closed it, that they merged it", async () => {
    const { bare, forge, commit, cwd, draft, close, merge } = await pushed();
    const { number } = await forge.openDraft(draft);
    expect(await forge.followUp(number, commit)).toEqual({ state: "open", edits: null });
    write(cwd, { "a.txt": "three\n" });
    commitAll(cwd, "by a person");
    git(cwd, "push", "--quiet", bare, `HEAD:${branch}`);
    const { edits } = await forge.followUp(number, commit);
    expect(edits).toMatch(/-two\n\+three/);
    close(number);
    expect((await forge.pullRequestFrom(branch))?.state).toBe("closed");
    merge(number, branch);
    expect((await forge.followUp(number, commit)).state).toBe("merged");
    await expect(forge.followUp(number + 50, commit)).rejects.toMatchObject({ outcome: "usage" });
  });

  test("labels, a check and a comment are there once, however often they are asked for", async () => {
    const { forge, commit, draft, issue, labelsOf } = await pushed();
    issue(7, "t", "b");
    const { number } = await forge.openDraft(draft);
    const check = { commit, name: "claw proof", run: "r", title: "proven", summary: "All.", remarks: [] };
    const said = [];
    for (const _ of [1, 2]) {
      await forge.addLabels(number, ["claw"]);
      expect(await forge.showCheck(check)).toBe(true);
      said.push(await forge.say(7, "May I?", "<!-- claw run=r asks=d -->"));
    }
    expect(labelsOf(number)).toEqual(["claw"]);
    expect(said[0]).toBe(said[1]);
    expect((await forge.comments(7)).map(({ body, edited }) => [body, edited])).toEqual([
      ["May I?\n\n<!-- claw run=r asks=d -->\n", false],
    ]);
  });

  test("what stands is one comment, edited in place where it says something else, and never anybody else's", async () => {
    const { forge, issue } = await open(made().bare);
    const mark = "<!-- claw triage -->";
    issue(7, "t", "b", []);
    const say = async (text: string, isNews = true) =>
      (await forge.saveComment({ issue: 7, text, mark, isNews }))?.how ?? null;
    expect(await say("All is well.", false)).toBeNull();
    // The mark is no secret: only a comment that ends with it counts, and only one's own.
    await forge.say(7, `Look at ${mark} there.`, "<!-- other -->");
    expect(await say("Two fail.")).toBe("written");
    expect(await say("Two fail.")).toBe("unchanged");
    expect(await say("One fails.")).toBe("edited");
    expect(await say("All is well.\n", false)).toBe("edited");
    expect((await forge.comments(7)).map(({ body }) => body)).toEqual([
      `Look at ${mark} there.\n\n<!-- other -->\n`,
      `All is well.\n\n${mark}\n`,
    ]);
  });

  test("where the branches are is told, and what can be published is not refused", async () => {
    const { bare, forge, commit } = await pushed();
    await forge.checkPublish();
    expect(await forge.tips(branch)).toEqual({ branch: commit, base: git(bare, "rev-parse", "main") });
    expect((await forge.tips("claw/none")).branch).toBeNull();
    expect(await forge.requiresSignatures(["main", branch])).toBe(false);
    expect([await forge.ciRun(1), await forge.ciEvidence(1)]).toEqual([null, null]);
    expect(await forge.redRuns("main")).toEqual([]);
  });

  test("who may decide is whom the repository lets write", async () => {
    const { forge } = await open(made().bare);
    const { account, mayPush } = await forge.reach();
    expect([await forge.account(), mayPush, await forge.mayWrite("nobody-at-all")]).toEqual([account, true, false]);
  });
});

test("on disk a comment counts as its owner's only where nobody else can write it, and links lead nowhere", async () => {
  const { bare, forge, issue } = await onDisk(made().bare);
  issue(7, "t", "b", ["loose", "fine"]);
  chmodSync(`${bare}.forge/issues/7/1.md`, 0o666);
  symlinkSync("/etc/hostname", `${bare}.forge/issues/7/3.md`);
  expect((await forge.comments(7)).map(({ body, edited }) => [body, edited])).toEqual([
    ["loose", true],
    ["fine", false],
  ]);
  expect(await forge.mayWrite(await forge.account())).toBe(true);
  expect(await forge.mayWrite("grace")).toBe(false);
  writeFileSync(`${bare}.forge/writers`, "grace\n");
  expect(await forge.mayWrite("grace")).toBe(true);
  chmodSync(`${bare}.forge/writers`, 0o666);
  expect(await forge.mayWrite("grace")).toBe(false);
});

test("a bare repository that decides by a hook what is pushed to it is not gone round", async () => {
  const { bare } = made();
  writeFileSync(join(bare, "hooks", "pre-receive"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  await expect(openBare(bare)).rejects.toMatchObject({ outcome: "forge-unavailable" });
  expect(readdirSync(bare)).not.toContain("forge");
});
