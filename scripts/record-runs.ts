// Records runs of this release for test/runs/: every later release must still read, check and show them. Run it when a
// version is released:  npm run record-runs
// Everything happens below a temporary directory, with an environment made from nothing.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

interface Line {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }[];
}
interface Session {
  readonly sessions: Readonly<Record<string, readonly Line[]>>;
}

const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const dir = mkdtempSync(join(tmpdir(), "claw-record-"));
const into = join(root, "test", "runs", version);
const env = {
  PATH: process.env["PATH"],
  HOME: join(dir, "home"),
  USER: "recorder",
  CLAW_HOME: join(dir, "state"),
  GIT_CONFIG_GLOBAL: "/dev/null",
};

function git(cwd: string, ...args: string[]): void {
  const identity = ["-c", "user.name=A Recorder", "-c", "user.email=recorder@example.org"];
  execFileSync("git", [...identity, ...args], { cwd, env, stdio: "ignore" });
}

/** A project as a repository with one commit. */
function repository(name: string, source: string, session?: Session): string {
  const cwd = join(dir, name);
  cpSync(join(root, source), cwd, { recursive: true });
  if (session) writeFileSync(join(cwd, "session.json"), JSON.stringify(session));
  git(cwd, "init", "--quiet", "--initial-branch=main");
  git(cwd, "add", "--all");
  git(cwd, "commit", "--quiet", "--message=base");
  return cwd;
}

function claw(cwd: string, args: readonly string[], ...codes: number[]): string {
  const done = spawnSync(process.execPath, [join(root, "bin", "claw.js"), ...args], {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (codes.includes(done.status ?? -1)) return done.stdout;
  throw new Error(`claw ${args.join(" ")}: exit ${done.status}\n${done.stderr}`);
}

/** Exports the newest run. Its name begins with the outcome that every release must read from it. */
function keep(cwd: string, name: string): void {
  mkdirSync(into, { recursive: true });
  const file = join(into, `${name}.jsonl.gz`);
  writeFileSync(file, gzipSync(claw(cwd, ["audit", "export"], 0), { level: 9 }));
  process.stdout.write(`${file}\n`);
}

const example = "examples/duration-node-test";
const whole = JSON.parse(readFileSync(join(root, example, "session.json"), "utf8")) as Session;
const recorded = ["fix", "ISSUE.md", "--model", "scripted:session.json"];
const calling = (name: string, args: Readonly<Record<string, unknown>>): Line => ({
  text: "",
  calls: [{ name, arguments: args }],
});

try {
  mkdirSync(env.HOME);
  const proven = repository("proven", example);
  claw(proven, recorded, 0);
  keep(proven, "proven-native");

  const makefile = { path: "Makefile", old_string: "", new_string: "test:\n\tnode --test\n", replace_all: null };
  const patch = [calling("edit", makefile), ...(whole.sessions["patch"] ?? [])];
  const asks = repository("asks", example, { ...whole, sessions: { ...whole.sessions, patch } });
  claw(asks, recorded, 14);
  keep(asks, "waiting-protected-path");
  claw(
    asks,
    ["approve", claw(asks, ["runs", "-n", "1"], 0).split("\n")[1]?.split(" ")[0] ?? "", "--as", "A Reviewer"],
    0,
  );
  claw(asks, ["resume"], 0);
  keep(asks, "proven-after-approval");

  const giveUp = calling("finish", { outcome: "blocked", summary: "it works here", test_commands: [] });
  const gaveUp = repository("gave-up", example, { ...whole, sessions: { ...whole.sessions, reproduce: [giveUp] } });
  claw(gaveUp, recorded, 10);
  keep(gaveUp, "not-reproduced-native");

  claw(proven, [...recorded, "--max-turns", "2"], 15);
  keep(proven, "over-budget-turns");

  const searched = repository("searched", "demo");
  claw(searched, ["fix", "ISSUE.md", "--engine", "search"], 0);
  keep(searched, "proven-search");
} finally {
  rmSync(dir, { recursive: true, force: true });
}
