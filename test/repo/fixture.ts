import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A new directory, removed when the test has finished. */
export function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), "claw-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Plain git as a user runs it, with no configuration but the repository's. */
export function git(dir: string, ...args: string[]): string {
  return execFileSync("git", args, {
    cwd: dir,
    env: userEnv,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trimEnd();
}

export const userEnv = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
};

export function write(dir: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

/** A repository with one commit of these files on branch main. */
export function makeRepository(files: Readonly<Record<string, string | Buffer>>, ...init: string[]): string {
  const dir = temporary();
  git(dir, "init", "-q", "-b", "main", ...init);
  write(dir, files);
  commitAll(dir, "first");
  return dir;
}

export function commitAll(dir: string, message: string): string {
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "--allow-empty", "-m", message);
  return git(dir, "rev-parse", "HEAD");
}

/** Every file below `dir` by path: mode, modification time, and a hash of the bytes. */
export function fingerprint(dir: string, skip: (path: string) => boolean = () => false): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (below: string): void => {
    for (const name of readdirSync(join(dir, below)).toSorted()) {
      const path = join(below, name);
      if (skip(path)) continue;
      const stat = lstatSync(join(dir, path));
      if (stat.isDirectory()) walk(path);
      else {
        const content = stat.isSymbolicLink() ? readlinkSync(join(dir, path)) : readFileSync(join(dir, path));
        found[path] = `${stat.mode.toString(8)} ${stat.mtimeMs} ${createHash("sha256").update(content).digest("hex")}`;
      }
    }
  };
  walk("");
  return found;
}
