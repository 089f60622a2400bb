import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drive } from "../../src/agent/loop.ts";
import { systemClock } from "../../src/clock.ts";
import { roles } from "../../src/policy/roles.ts";
import { createClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import * as tools from "../../src/tools/all.ts";
import { resumeRun } from "../../src/workflows/resume.ts";
import { furnishRoom, type RoomPlan } from "../../src/workflows/sandboxes.ts";
import { keepTree } from "../../src/workflows/snapshots.ts";
import { git, makeRepository, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { change, done, type Line, look, scripted, sh } from "../support/desk.ts";
import { houseAt } from "../support/house.ts";
import { memoryLedger, pieces } from "../support/recorded-fix.ts";

const opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: "Mend it." };
const limits = { usdNano: 1e9, turns: 100, tokens: 1_000_000, wallMs: 60_000, attempts: 3 };

/** A run of one session in a real repository, whose change went on record as claw took it. */
const recorded = (...lines: readonly Line[]) => recordedIn({}, ...lines);

async function recordedIn(narrowed: Pick<RoomPlan, "hasGit" | "workspaceMode">, ...lines: readonly Line[]) {
  const cwd = makeRepository({ "a.txt": "one\n" });
  const home = temporary();
  const ledger = await memoryLedger();
  const house = houseAt(home, ledger);
  const base = git(cwd, "rev-parse", "HEAD");
  const log = await ledger.open("run1");
  await log.append({ ...pieces(log, cwd).started, base, limits } as never);
  const clone = await createClone(await openRepository(cwd), base, join(home, "clone"));
  const dir = join(home, "workspace");
  mkdirSync(dir);
  await clone.checkout(clone.base.tree, dir);
  const plan = { purpose: "patch", dir, tree: clone.base.tree, dependencies: [], ...narrowed };
  const room = await furnishRoom({ clone, openSandbox: (policy) => house.openSandbox(policy) }, plan);
  const opened = { type: "sandbox.opened", purpose: "patch", policy: "p", network: "none" } as const;
  if (narrowed.hasGit === false) await log.append({ ...opened, degraded: [], git: "none", workspace: "ro" });
  const finish = async () => {
    const to = await clone.snapshot(dir);
    const { patch } = await clone.diff(clone.base.tree, to);
    await keepTree({ log, clone }, "patch", to);
    const counted = { files: 1, added: 1, deleted: 1, summary: "" };
    const from = clone.base.tree;
    await log.append({ type: "diff.taken", purpose: "patch", from, to, patch: log.put(patch), ...counted });
    return { accepted: true as const, detail: "done: mended" };
  };
  const deadline = Number.MAX_SAFE_INTEGER;
  const parts = { log, clock: systemClock, role: roles.patch, tools: Object.values(tools), limits, deadline };
  const agent = { ...parts, model: scripted([...lines, [done()]]), sandbox: room.sandbox, finish };
  await drive("patch", opening, agent, new AbortController().signal);
  await room.close();
  await log.close();
  const replay = (...more: string[]) =>
    type(["replay", "--tools", ...more], { ledger, cwd, app: { house: () => Promise.resolve(house) } });
  return { cwd, home, replay };
}

test("with --tools, calls are made again in a private copy of the repository, and the change is the same in every byte", async () => {
  const mended: Line = [
    change("a.txt", "one", "two"),
    sh(
      'cat a.txt; mktemp; date --iso-8601=ns; date; ls -l a.txt; echo "# duration_ms $RANDOM.5"; echo "time=\'0.$RANDOM\'"',
    ),
    look("a.txt"),
  ];
  const { cwd, home, replay } = await recorded(mended);
  writeFileSync(join(cwd, "a.txt"), "what the user has done since\n");
  expect(await replay()).toMatchObject({
    code: 0,
    out: "✓ run run1 came out as recorded: 1 session, 2 requests, 4 calls; 3 calls made again, 1 change the same\n",
  });
  expect(readdirSync(join(home, "rooms"))).toEqual([]);
  expect(git(cwd, "status", "--porcelain")).toBe(" M a.txt");
});

test("with --tools, a session that had neither git nor a way to write gets none now", async () => {
  const narrowed = { hasGit: false, workspaceMode: "ro" } as const;
  const { replay } = await recordedIn(narrowed, [sh("git log --format=%s; echo x > a.txt; ls -A .git; cat a.txt")]);
  expect(await replay()).toMatchObject({
    code: 0,
    out: expect.stringMatching(/: 1 session.*; 1 call made again.*the same/),
  });
});

test("with --tools, an answer in other words is named, a change that comes out otherwise diverges, and a base that is no more is told", async () => {
  const answered = await recorded([sh("echo first; echo $RANDOM$RANDOM$RANDOM")]);
  const { code, out } = await answered.replay();
  expect(code).toBe(0);
  expect(out).toMatch(
    /1 call answered in other words; the first in session patch, at event \d+\n {2}recorded {2}an answer that is ok, with: \d+\n {2}replayed {2}an answer .*: \d+/,
  );
  const changed = await recorded([sh("tr -dc a-z < /dev/urandom | head -c 40 > b.txt")]);
  const { rerun, divergence } = JSON.parse((await changed.replay("--json")).out);
  expect(rerun).toMatchObject({ calls: 1, changes: 0 });
  expect(divergence.recorded).toMatch(/^a change to tree [0-9a-f]{40}, patch [0-9a-f]{64}$/);
  git(changed.cwd, "checkout", "--quiet", "--orphan", "other");
  git(changed.cwd, "commit", "--quiet", "--allow-empty", "--message=other");
  git(changed.cwd, "branch", "--delete", "--force", "main");
  git(changed.cwd, "reflog", "expire", "--expire=now", "--all");
  git(changed.cwd, "gc", "--quiet", "--prune=now");
  expect(await changed.replay()).toMatchObject({ code: 23, err: expect.stringContaining("is not in") });
});

test("resuming a run that had ended just before its process was killed clears away what that had no time to", async () => {
  const home = temporary();
  const ledger = await memoryLedger();
  const log = await ledger.open("run1");
  await log.append(pieces(log).started);
  await log.append({ type: "run.ended", outcome: "proven", reason: "", hint: "" });
  await log.close();
  const left = join(home, "runs", "run1");
  for (const name of ["clone", "workspaces", "checkouts"]) mkdirSync(join(left, name), { recursive: true });
  writeFileSync(join(left, "report.md"), "");
  const resumed = resumeRun(houseAt(home, ledger), "run1", { signal: new AbortController().signal });
  await expect(resumed).rejects.toThrow("has ended");
  expect(readdirSync(left)).toEqual(["report.md"]);
});
