import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readResults } from "../../src/suite/read-results.ts";
import { suiteCommand } from "../../src/suite/command.ts";
import type { SuitePlan, SuiteResult } from "../../src/suite/suite.ts";

const root = join(import.meta.dirname, "../..");

/** A directory with these files; the caller removes it. The path is a real one, as runners report it. */
export function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "claw-suite-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

/** Lets a directory use this project's own packages. */
export function borrowPackages(directory: string): void {
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
}

/** Runs a suite for real, outside a sandbox, and reads its report. */
export function runSuite(
  directory: string,
  plan: SuitePlan,
  files: readonly string[] = [],
): SuiteResult & { readonly output: string } {
  const report = join(mkdtempSync(join(tmpdir(), "claw-report-")), "report");
  writeFileSync(report, '<testsuites><testcase name="left from an earlier run"/></testsuites>');
  const { shell, env } = suiteCommand(plan, { report, files });
  const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
  const ran = spawnSync("/bin/bash", ["-c", shell], {
    cwd: directory,
    env: { HOME: directory, PATH: path, PYTHONDONTWRITEBYTECODE: "1", ...env },
    encoding: "utf8",
  });
  const text = existsSync(report) ? readFileSync(report, "utf8") : null;
  rmSync(dirname(report), { recursive: true });
  const output = ran.stdout + ran.stderr;
  const result = readResults(plan, { report: text, exitCode: ran.status ?? 1, killed: null, root: directory, output });
  return { ...result, output };
}
