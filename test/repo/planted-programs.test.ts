import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WorkspaceError } from "../../src/errors.ts";
import { applyPatch } from "../../src/repo/apply.ts";
import { createClone, openClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { commitAll, fingerprint, git, makeRepository, temporary, userEnv, write } from "./fixture.ts";

/** A program that leaves a mark when it runs, and the marks it left. */
function makeCanary() {
  const dir = temporary();
  const program = join(dir, "canary");
  writeFileSync(program, `#!/bin/sh\n: > "${dir}/fired-$1"\ncase "$1" in filter.c.*) cat ;; esac\n`);
  chmodSync(program, 0o755);
  const fired = () =>
    readdirSync(dir)
      .flatMap((name) => (name.startsWith("fired-") ? [name.slice(6)] : []))
      .toSorted();
  return { dir, program, fired };
}

type Canary = ReturnType<typeof makeCanary>;

const hookNames = [
  "pre-commit",
  "post-checkout",
  "post-index-change",
  "reference-transaction",
  "post-commit",
  "pre-applypatch",
  "post-merge",
  "pre-auto-gc",
  "prepare-commit-msg",
];

function plantHooks(dir: string, { program }: Canary): void {
  mkdirSync(dir, { recursive: true });
  for (const name of hookNames) {
    writeFileSync(join(dir, name), `#!/bin/sh\n"${program}" hook-${name} </dev/null >/dev/null\n`);
    chmodSync(join(dir, name), 0o755);
  }
}

/** Settings of a repository that name a program; %s is replaced by the canary with a mark of the setting's own. */
const plants: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  first: {
    "core.fsmonitor": "%s",
    "filter.c.clean": "%s",
    "filter.c.smudge": "%s",
    "filter.p.process": "%s",
    "diff.conv.textconv": "%s",
    "diff.cmd.command": "%s",
    "merge.m.driver": "%s",
    "core.sshCommand": "%s",
    "core.gitProxy": "%s",
    "remote.origin.uploadpack": "%s",
    "remote.origin.receivepack": "%s",
    "remote.origin.promisor": "true",
    "url.ext::%s .insteadOf": "https://",
    "gpg.program": "%s",
    "log.showSignature": "true",
    "core.pager": "%s",
    "pager.log": "%s",
    "core.editor": "%s",
    "sequence.editor": "%s",
    "credential.helper": "!%s",
    "core.askPass": "%s",
    "alias.ls-tree": "!%s",
    "alias.x": "!%s",
    "interactive.diffFilter": "%s",
    "trailer.x.cmd": "%s",
    "tar.x.command": "%s",
    "core.alternateRefsCommand": "%s",
    "uploadpack.packObjectsHook": "%s",
    "submodule.nested.update": "!%s",
    "hook.named.command": "%s",
    "hook.named.event": "reference-transaction",
  },
  second: {
    "diff.external": "%s",
    "commit.gpgSign": "true",
    "tag.gpgSign": "true",
    "gpg.format": "ssh",
    "gpg.ssh.program": "%s",
    "gpg.ssh.defaultKeyCommand": "%s",
    "remote.origin.url": "ext::%s",
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
    "remote.vcs.vcs": "%s",
    "include.path": "included",
    "includeIf.gitdir:**.path": "included",
    "extensions.worktreeConfig": "true",
    "core.attributesFile": "%s",
    "core.excludesFile": "%s",
    "sendemail.sendmailCmd": "%s",
    "difftool.x.cmd": "%s",
    "mergetool.x.cmd": "%s",
    "browser.x.cmd": "%s",
    "filter.lfs.process": "%s",
    "submodule.nested.url": "ext::%s",
  },
};

const attributes = "*.txt filter=c merge=m diff=conv\n*.proc filter=p\n*.cmd diff=cmd\n";
const files = { "a.txt": "a\n", "b.proc": "b\n", "c.cmd": "c\n", ".gitattributes": attributes };

/** A repository whose configuration, hooks and attributes are all traps. */
function plantedRepository(set: "first" | "second", canary: Canary): string {
  const dir = makeRepository(files);
  git(dir, "remote", "add", "origin", "https://example.invalid/x.git");
  write(dir, { "a.txt": "a2\n", "c.cmd": "c2\n" });
  commitAll(dir, "second");
  if (set === "first") plantHooks(join(dir, ".git/hooks"), canary);
  if (set === "second") {
    plantHooks(join(canary.dir, "hooks"), canary);
    write(dir, {
      ".git/config.worktree": `[core]\n\tfsmonitor = ${canary.program} worktree.fsmonitor\n`,
      ".git/included": `[core]\n\tfsmonitor = "${canary.program} include.fsmonitor"\n\thooksPath = ${canary.dir}/hooks\n`,
    });
  }
  for (const [name, value] of Object.entries(plants[set] ?? {})) {
    const fill = (text: string): string => text.replace("%s", `${canary.program} ${name.replace(/[^\w.]/g, "_")}`);
    git(dir, "config", fill(name), fill(value));
  }
  write(dir, { ".git/info/attributes": attributes });
  return dir;
}

/** Everything claw does with a repository, on a working directory full of traps of its own. */
async function wholeStory(dir: string, canary: Canary): Promise<void> {
  const repository = await openRepository(dir);
  await repository.resolve("main");
  await repository.dirty();
  await repository.notes(repository.head);
  const place = join(temporary(), "clone");
  await createClone(repository, repository.head, place);
  const clone = await openClone(repository, repository.head, place);
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  plantWork(work, canary);
  const tree = await clone.snapshot(work);
  const diff = await clone.diff(clone.base.tree, tree);
  expect(diff.refused.map(({ path }) => path)).toEqual(["nested"]);
  const patched = await clone.overlay(clone.base.tree, tree, ["a.txt", "c.cmd", "new.txt"]);
  await clone.read(patched, "a.txt");
  await clone.list(patched);
  await clone.sandboxGit(work, tree);
  const author = { name: "Ada", email: "ada@example.org" };
  const commit = await clone.commit({ tree: patched, parent: clone.base.commit, message: "Fix\n", author, at: 0 });
  await clone.publish(commit, "claw/x");
  await clone.update(work, tree, clone.base.tree);
  const { patch } = await clone.diff(clone.base.tree, patched);
  expect(await applyPatch(dir, patch, { check: true })).toEqual({ ok: true, conflicts: "" });
  expect(await applyPatch(dir, patch, { check: false })).toEqual({ ok: true, conflicts: "" });
  expect(readFileSync(join(dir, "new.txt"), "utf8")).toBe("n\n");
}

function plantWork(work: string, canary: Canary): void {
  write(work, {
    "a.txt": "a3\n",
    "c.cmd": "c3\n",
    "new.txt": "n\n",
    "sub/.gitattributes": attributes,
    "sub/d.txt": "d\n",
    ".gitmodules": `[submodule "nested"]\n\tpath = nested\n\turl = ext::${canary.program} module\n\tupdate = !${canary.program} module\n`,
    "bare/HEAD": "ref: refs/heads/main\n",
    "bare/config": `[core]\n\tbare = true\n\tfsmonitor = ${canary.program} bare.fsmonitor\n`,
    "bare/objects/x": "",
    "bare/refs/x": "",
  });
  mkdirSync(join(work, "nested"));
  git(join(work, "nested"), "init", "-q");
  write(work, { "nested/n.txt": "n\n" });
  commitAll(join(work, "nested"), "nested");
  git(join(work, "nested"), "config", "core.fsmonitor", `${canary.program} nested.fsmonitor`);
  plantHooks(join(work, "nested/.git/hooks"), canary);
}

/** What a careless program would do. Failures do not matter: the marks do. */
function plainGit(dir: string): void {
  write(dir, { "a.txt": "a3\n", "b.proc": "b3\n", "c.cmd": "c3\n" });
  const commands = [
    "status",
    "diff",
    "diff c.cmd",
    "log -p",
    "add -A",
    "commit -m x",
    "blame a.txt",
    "checkout -b side HEAD~1 -f",
    "x",
    "fetch",
    "ls-remote",
  ];
  for (const command of commands) spawnSync("git", command.split(" "), { cwd: dir, env: userEnv, stdio: "ignore" });
  write(dir, { "a.txt": "other\n" });
  spawnSync("git", ["commit", "-am", "y", "--no-gpg-sign"], { cwd: dir, env: userEnv, stdio: "ignore" });
  spawnSync("git", ["merge", "main"], { cwd: dir, env: userEnv, stdio: "ignore" });
}

describe("programs planted in a repository and in a working directory", () => {
  test("are planted under every setting that names one, and in hooks, attributes, nested repositories and modules", () => {
    const settings = new Set(Object.values(plants).flatMap((set) => Object.keys(set)));
    expect(settings.size).toBeGreaterThanOrEqual(50);
  });

  test.each([["first"], ["second"]] as const)("none of the %s set runs, whatever claw does", async (set) => {
    const canary = makeCanary();
    const dir = plantedRepository(set, canary);
    const before = fingerprint(join(dir, ".git"), (path) => /^(objects\/..|refs\/heads\/claw)(\/|$)/.test(path));
    await wholeStory(dir, canary);
    expect(canary.fired()).toEqual([]);
    expect(fingerprint(join(dir, ".git"), (path) => /^(objects\/..|refs\/heads\/claw)(\/|$)/.test(path))).toEqual(
      before,
    );
  });

  test("the traps work: plain git runs them", () => {
    const canaries = [makeCanary(), makeCanary()] as const;
    plainGit(plantedRepository("first", canaries[0]));
    plainGit(plantedRepository("second", canaries[1]));
    const expected = [
      "alias.x",
      "core.fsmonitor",
      "diff.cmd.command",
      "diff.conv.textconv",
      "filter.c.clean",
      "filter.c.smudge",
      "filter.p.process",
      "hook-pre-commit",
    ];
    expect(canaries[0].fired()).toEqual(expect.arrayContaining(expected));
    const others = ["diff.external", "gpg.ssh.defaultKeyCommand", "worktree.fsmonitor"];
    expect(canaries[1].fired()).toEqual(expect.arrayContaining(others));
  });

  test("a nested repository's traps work when git enters it", () => {
    const canary = makeCanary();
    const work = temporary();
    plantWork(work, canary);
    spawnSync("git", ["status"], { cwd: join(work, "nested"), env: userEnv, stdio: "ignore" });
    expect(canary.fired()).toContain("nested.fsmonitor");
  });

  test("the environment and home directory of the user have no say", async () => {
    const canary = makeCanary();
    const dir = makeRepository(files);
    const home = temporary();
    write(home, {
      ".gitconfig": `[core]\n\tfsmonitor = ${canary.program} home.fsmonitor\n\thooksPath = ${canary.dir}/hooks\n`,
    });
    plantHooks(join(canary.dir, "hooks"), canary);
    const planted = {
      HOME: home,
      GIT_EXTERNAL_DIFF: `${canary.program} env.diff`,
      GIT_DIR: "/nonexistent",
      GIT_SSH_COMMAND: canary.program,
    };
    const kept = { ...process.env };
    onTestFinished(() => {
      for (const name of Object.keys(planted)) {
        if (kept[name] === undefined) delete process.env[name];
        else process.env[name] = kept[name];
      }
    });
    Object.assign(process.env, planted);
    await wholeStory(dir, canary);
    expect(canary.fired()).toEqual([]);
  });

  test("a work tree elsewhere, named by the configuration, is neither read nor written", async () => {
    const canary = makeCanary();
    const dir = makeRepository(files);
    const elsewhere = temporary();
    write(elsewhere, { "a.txt": "theirs\n" });
    git(dir, "config", "core.worktree", elsewhere);
    const before = fingerprint(elsewhere);
    await wholeStory(dir, canary);
    expect(fingerprint(elsewhere)).toEqual(before);
    git(dir, "checkout", "-q", "-f", "HEAD");
    expect(fingerprint(elsewhere)).not.toEqual(before);
  });

  test("missing objects are not fetched: the transport of a promised remote never starts", async () => {
    const canary = makeCanary();
    const origin = makeRepository(files);
    git(origin, "config", "uploadpack.allowFilter", "true");
    const dir = join(temporary(), "partial");
    git(origin, "clone", "-q", "--no-checkout", "--filter=blob:none", `file://${origin}`, dir);
    git(dir, "config", "remote.origin.uploadpack", `${canary.program} uploadpack`);
    const repository = await openRepository(dir);
    const refused = createClone(repository, repository.head, join(temporary(), "clone"));
    await expect(refused).rejects.toBeInstanceOf(WorkspaceError);
    await expect(refused).rejects.toThrow("partial clone without the contents of 4 files");
    expect(canary.fired()).toEqual([]);
    spawnSync("git", ["checkout", "main"], { cwd: dir, env: userEnv, stdio: "ignore" });
    expect(canary.fired()).toEqual(["uploadpack"]);
    git(dir, "config", "--unset", "remote.origin.uploadpack");
    git(dir, "archive", "-o", "/dev/null", "HEAD");
    expect((await createClone(repository, repository.head, join(temporary(), "clone"))).base.commit).toBe(
      repository.head,
    );
  });
});
