import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openForge } from "../../src/forge/open.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { openPullRequest } from "../../src/workflows/pull-request.ts";
import { commitAll, git, temporary, write } from "../repo/fixture.ts";
import { type ForgeServer, startForgeServer } from "../support/forge-server.ts";
import { memoryLedger, patchText, recordProvenFix, tickingClock } from "../support/recorded-fix.ts";

const authority = { publish: true, perDay: 10, maxOpen: 10, labels: [], acceptance: 0 };

/** Two machines with a ledger and a proven run each, for the same issue of one forge. */
async function twoMachines() {
  const dir = temporary();
  const cwd = join(dir, "r");
  const bare = join(dir, "r.git");
  write(cwd, { a: "1" });
  git(cwd, "init", "-q", "-b", "main");
  commitAll(cwd, "first");
  git(cwd, "clone", "--quiet", "--bare", cwd, bare);
  const commits = ["one", "two"].map((text) => {
    git(cwd, "reset", "--quiet", "--hard", "main");
    git(cwd, "checkout", "--quiet", "--detach");
    write(cwd, { a: text });
    return commitAll(cwd, text);
  });
  const server = await startForgeServer(bare);
  onTestFinished(() => server.close());
  const repository = await openRepository(cwd);
  const ledgers = [await memoryLedger(), await memoryLedger()];
  await Promise.all(ledgers.map((ledger, index) => recordProvenFix(ledger, `run${index}`)));
  /** What machine 0 or 1 says when it publishes, so many hours from now. */
  const publish = async (index: number, { again = false, hours = 0 } = {}): Promise<string> => {
    const log = await ledgers[index]!.open(`run${index}`);
    const signal = new AbortController().signal;
    const clock = { ...tickingClock(), now: () => Date.parse("2026-01-01T00:00:00Z") + hours * 3_600_000 };
    const desk = { log, clock, signal, repository, authority, forge: () => forgeOf(server) };
    const change = { branch: `claw/sum-run${index}`, commit: commits[index]!, diff: patchText };
    const wish = { host: server.host, owner: "o", repo: "r", issue: 7, again, baseSeen: false };
    try {
      return (await openPullRequest(desk, wish, change)).url;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await log.close();
    }
  };
  /** Takes the server's branch and what both changes stand on apart. */
  const unpublishBase = (): void => {
    git(cwd, "checkout", "--quiet", "--orphan", "other");
    git(bare, "fetch", "--quiet", cwd, `+${commitAll(cwd, "something else")}:main`);
  };
  const refs = () => git(bare, "for-each-ref", "--format=%(refname)", "refs/heads/claw", "refs/claw").split("\n");
  return { server, bare, commits, publish, refs, unpublishBase };
}

const forgeOf = ({ host, url, token }: ForgeServer) =>
  openForge(
    { host, owner: "o", repo: "r" },
    {
      hosts: { [host]: { api: `${url}/api/v3`, web: url } },
      credential: async () => ({ kind: "tokens", read: token, write: token }),
      onToken: () => {},
      version: "t",
      patienceMs: 0,
      backoffMs: 5,
      paced: false,
    },
  );

/** The first of these requests is held, and what the second machine does comes in between. */
const moments = [
  ["the push of the branch", "POST", /git-receive-pack$/],
  ["the draft", "POST", /\/pulls$/],
] as const;

test.for(moments)(
  "two machines that publish for one issue open one pull request, where the other one comes before %s of the first",
  async ([, method, address]) => {
    const { server, publish, refs } = await twoMachines();
    const reached = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let isHeld = false;
    server.hold = (asked, path) => {
      if (isHeld || asked !== method || !address.test(path)) return undefined;
      isHeld = true;
      reached.resolve();
      return release.promise;
    };
    const first = publish(0);
    await reached.promise;
    const second = await publish(1);
    release.resolve();
    const said = [await first, second];
    const url = server.pulls[0]?.html_url ?? "";
    const winner = server.pulls[0]?.head.ref;
    expect([server.pulls.length, refs()]).toEqual([1, ["refs/claw/claims/7-1", `refs/heads/${winner}`]]);
    expect(winner).toMatch(/^claw\/7-run[01]$/);
    expect(said.filter((one) => one === url)).toHaveLength(1);
    expect(said.find((one) => one !== url)).toMatch(
      /may not be published: (?:another run works on issue #7|there is one for issue #7)/,
    );
    // Who has it finds it again; the other one stays refused, until a person wants another.
    expect([await publish(0), await publish(1)].map((one) => one === url)).toEqual(said.map((one) => one === url));
    expect(await publish(said.indexOf(url) === 0 ? 1 : 0, { again: true })).toBe(server.pulls[1]?.html_url);
    const all = ["refs/claw/claims/7-1", "refs/claw/claims/7-2", "refs/heads/claw/7-run0", "refs/heads/claw/7-run1"];
    expect(refs()).toEqual(all);
  },
);

test("a run that pushed and broke off has the issue for a day; after that another takes it over, and the first opens nothing", async () => {
  const { server, bare, publish, refs } = await twoMachines();
  // An older claw claimed an issue by making this branch.
  git(bare, "update-ref", "refs/heads/claw/7-1", "main");
  expect(await publish(0)).toMatch(/another run works on issue #7: it has made the branch claw\/7-1/);
  expect(refs()).toEqual(["refs/heads/claw/7-1"]);
  git(bare, "update-ref", "-d", "refs/heads/claw/7-1");
  server.fault = (method, path) => (method === "POST" && path.endsWith("/pulls") ? { status: 403 } : undefined);
  expect(await publish(0)).not.toMatch(/^http/);
  expect(refs()).toEqual(["refs/claw/claims/7-1", "refs/heads/claw/7-run0"]);
  server.fault = () => undefined;
  expect(await publish(1, { hours: 23 })).toMatch(/another run works on issue #7: run0 .* until 2026-01-02 00:00 UTC/);
  expect(server.pulls).toEqual([]);
  expect(await publish(1, { hours: 25 })).toBe(server.pulls[0]?.html_url);
  expect(await publish(0, { hours: 25 })).toMatch(/there is one for issue #7 already/);
  expect(refs().slice(0, 2)).toEqual(["refs/claw/claims/7-1", "refs/claw/claims/7-2"]);
});

const hook = (bare: string, name: string, script: string): void =>
  writeFileSync(join(bare, "hooks", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

test("where the server takes no claims, the branch that only one of two machines can make is one", async () => {
  const { server, bare, publish, refs } = await twoMachines();
  // A hook that refuses one ref meets the first machine, one that refuses a whole push the second.
  hook(bare, "update", "case $1 in refs/claw/*) exit 1; esac");
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let pushes = 0;
  server.hold = (method, path) => {
    pushes += method === "POST" && path.endsWith("/git-receive-pack") ? 1 : 0;
    if (pushes !== 2) return undefined;
    pushes += 1;
    reached.resolve();
    return release.promise;
  };
  const first = publish(0);
  await reached.promise;
  hook(bare, "pre-receive", "! grep -q refs/claw/");
  expect(await publish(1)).toBe(server.pulls[0]?.html_url);
  release.resolve();
  const lost = /another run works on issue #7: it has made the branch claw\/7-1/;
  expect(await first).toMatch(lost);
  expect([refs(), server.pulls.length]).toEqual([["refs/heads/claw/7-1"], 1]);
  expect([await publish(1), await publish(0)]).toEqual([server.pulls[0]?.html_url, expect.stringContaining("already")]);
  // Where refs are hidden, git makes the branch of the push without the claim.
  rmSync(join(bare, "hooks"), { recursive: true });
  git(bare, "config", "receive.hideRefs", "refs/claw");
  expect(await publish(0, { again: true })).toBe(server.pulls[1]?.html_url);
  expect([server.pulls[1]?.head.ref, refs()]).toEqual([
    "claw/7-2",
    ["1", "2", "run0"].map((n) => `refs/heads/claw/7-${n}`),
  ]);
});

test("where the server shows no claims, a run whose push was done and not recorded goes on, and another one does not", async () => {
  const { server, bare, commits, publish, refs } = await twoMachines();
  server.fault = (_, path) => (/claims/.test(path) ? { status: 404 } : undefined);
  git(bare, "fetch", "--quiet", join(bare, "..", "r"), `${commits[0]}:refs/heads/claw/7-run0`);
  const tree = git(bare, "rev-parse", "main^{tree}");
  git(bare, "update-ref", "refs/claw/claims/7-1", git(bare, "commit-tree", tree, "-p", commits[0]!, "-m", "a claim"));
  expect(await publish(1)).toMatch(/the push to|other commits/);
  expect(await publish(0)).toBe(server.pulls[0]?.html_url);
  expect(refs()).toEqual(["refs/claw/claims/7-1", "refs/heads/claw/7-run0"]);
});

test("a change that stands on commits which are not in the branch it is to go into takes none of them along: nothing is pushed", async () => {
  const { server, publish, refs, unpublishBase } = await twoMachines();
  unpublishBase();
  expect(await publish(0)).toMatch(/may not be published: it would take commits along that are not in main there/);
  expect([server.pulls, refs()]).toEqual([[], [""]]);
});
