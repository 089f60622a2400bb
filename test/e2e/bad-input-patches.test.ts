import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, lchownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { projectRoot, resultOf } from "../support/claw.ts";
import { bash, finish, write } from "../support/plays.ts";
import { ending, scene, type Scene, wholePlay } from "../support/scene.ts";
import { patchesSum, reproducesSum, sumIssue } from "../support/shell-sum.ts";

const [edit = { text: "" }] = patchesSum;
const isRoot = process.getuid?.() === 0;

test("a session that writes outside the workspace, directly or through a link, writes nothing there, and such a link blocks the change", async () => {
  const target = "/tmp/claw-escaped";
  const { fix, server, used } = await scene({
    reproduce: reproducesSum,
    patch: [
      bash(`ln -s / up; echo x > up${target}; echo x > /usr/claw-escaped; ln -s ../../.. way`),
      write("way/claw-escaped", "x"),
      write(`..${target}`, "x"),
      edit,
      finish(),
    ],
  });
  const run = await fix("--attempts", "1");
  expect(ending(run)).toMatchObject({
    code: 13,
    outcome: "blocked",
    reason: expect.stringMatching(/scope: up: a symlink out of the tree, to \/\n?[^]*way: a symlink out of the tree/),
  });
  expect([target, "/usr/claw-escaped", join(used.dir, "claw-escaped")].filter((path) => existsSync(path))).toEqual([]);
  expect(JSON.stringify(server.requests.at(-1)?.body)).toMatch(/way\/claw-escaped[^"]*(outside|link|not)/);
});

test("a change of 10,000 files is refused by its size with exit 13, and stays readable", async () => {
  const { fix, used, cwd, env, leftovers } = await scene({
    reproduce: reproducesSum,
    patch: [bash("mkdir many && cd many && seq 10000 | split -l 1 -a 4 - f"), edit, finish()],
  });
  const run = await fix("--attempts", "1");
  expect(ending(run)).toMatchObject({ code: 13, reason: expect.stringContaining("size: 10001 files changed") });
  expect((await used.claw(["diff", "--stat"], { cwd, env })).stdout).toContain("many/faaaa");
  expect(leftovers()).toEqual([]);
});

test("files that git cannot take in are told to the session as a refused finish, and the run goes on", async () => {
  const { fix, server } = await scene({
    reproduce: reproducesSum,
    patch: [
      bash("echo '* working-tree-encoding=UTF-16' > .gitattributes"),
      edit,
      finish(),
      bash("rm .gitattributes"),
      finish(),
      finish(),
    ],
  });
  const run = await fix();
  expect(run.code, run.stderr).toBe(0);
  expect(JSON.stringify(server.requests.at(-1)?.body)).toContain(
    "sum.sh: it cannot be read: mend its permissions, or the encoding",
  );
});

test("an ordinary user gets the same proven fix, and locked or unreadable files of a session neither stop nor stay", async ({
  skip,
}) => {
  const locked = "mkdir -p locked && touch locked/f && chmod 500 locked; echo 1 > secret.txt && chmod 000 secret.txt";
  const { used, cwd, env } = await scene({
    ...wholePlay,
    patch: [bash(locked), edit, finish(), bash("chmod 700 locked && rm -rf locked secret.txt"), finish(), finish()],
  });
  const run = await asOrdinaryUser({ used, cwd, env }, [
    "fix",
    sumIssue,
    "--json",
    "--test-command",
    "mkdir ro && touch ro/f && chmod 500 ro; sh test/run.sh",
  ]);
  if (run.code === 21 || run.code === null)
    return skip("an ordinary user cannot open a sandbox, or not read this project, here");
  expect(run.code, run.stderr).toBe(0);
  const { run: id } = resultOf(run) as unknown as { run: string };
  expect(readdirSync(join(used.clawHome, "runs", id))).toEqual(["report.md"]);
  expect(readdirSync(join(used.clawHome, "sandbox", "boxes"))).toEqual([]);
});

test("a disk that fills up pauses the run with exit 24, blames nothing else, and leaves a ledger that holds", async ({
  skip,
}) => {
  const { used, cwd, env } = await scene();
  for (const size of ["64k", "2m"]) {
    const disk = join(used.dir, `disk-${size}`);
    mkdirSync(disk);
    if (!isRoot || spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", disk]).status !== 0)
      return skip("only root can make a small disk");
    onTestFinished(() => void spawnSync("umount", [disk]));
    const small = { ...env, CLAW_HOME: join(disk, "state") };
    const run = await used.claw(["fix", sumIssue], { cwd, env: small });
    expect([run.code, run.stdout + run.stderr]).toEqual([
      24,
      expect.stringMatching(/no space left|less than 512 MiB free|database or disk is full/),
    ]);
    expect(run.stdout + run.stderr).toMatch(/free space/);
    // On the smaller one not even an empty ledger fits.
    expect((await used.claw(["runs"], { cwd, env: small })).code).toBe(size === "64k" ? 24 : 0);
  }
  expect(await used.git(cwd, "status", "--porcelain")).toBe("");
  expect(readFileSync(join(cwd, ".git/HEAD"), "utf8")).toBe("ref: refs/heads/main\n");
});

const NOBODY = 65_534;

/** As the user that runs the tests, or, when that is root, as nobody. Code null: the project cannot be read then. */
async function asOrdinaryUser({ used, cwd, env }: Pick<Scene, "used" | "cwd" | "env">, args: readonly string[]) {
  if (!isRoot) return used.claw(args, { cwd, env });
  for (const path of execFileSync("find", [used.dir, "-print0"], { encoding: "utf8" }).split("\0"))
    if (path !== "") lchownSync(path, NOBODY, NOBODY);
  const child = spawn(process.execPath, [join(projectRoot, "bin/claw.js"), ...args], {
    cwd,
    env: { ...used.env, ...env, NODE_COMPILE_CACHE: join(used.dir, "cache") },
    uid: NOBODY,
    gid: NOBODY,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("close", (status) => resolve(/EACCES|Cannot find module/.test(stderr) && stdout === "" ? null : status));
  });
  return { code, stdout, stderr };
}
