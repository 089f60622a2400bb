import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Check, ok, problem } from "./finding.ts";

/** What `git merge-file --object-id` and the like need, and what scripts/setup asks for. */
const leastGit: readonly [major: number, minor: number] = [2, 30];

/** The program that runs claw, and the one program that every run needs besides the sandbox. */
export const programs: Check = async (desk) => {
  const { config, version } = await desk.app();
  return [ok("claw", `${version}, on Node ${process.versions.node}`), await gitAt(config.path)];
};

async function gitAt(searchPath: string) {
  const remedy = "install git 2.30 or newer with the system's package manager";
  const said = await promisify(execFile)("git", ["version"], { env: { PATH: searchPath }, timeout: 10_000 }).catch(
    () => null,
  );
  const [, major = "0", minor = "0"] = /^git version (\d+)\.(\d+)/.exec(said?.stdout ?? "") ?? [];
  const recent = Number(major) > leastGit[0] || (Number(major) === leastGit[0] && Number(minor) >= leastGit[1]);
  if (said === null) return problem("git", "it is not on PATH, or does not run", remedy, "infrastructure");
  const version = said.stdout.trim().replace("git version ", "");
  return recent ? ok("git", version) : problem("git", `${version} is too old`, remedy, "infrastructure");
}
