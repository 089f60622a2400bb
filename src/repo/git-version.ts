import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What runs need of git, and what scripts/setup asks for. */
const least: readonly [major: number, minor: number] = [2, 30];

/** The git on a search path, as it names itself, and whether it is new enough; null where none runs. */
export async function gitVersion(searchPath: string): Promise<{ readonly version: string; recent: boolean } | null> {
  const options = { env: { PATH: searchPath }, timeout: 10_000 };
  const said = await promisify(execFile)("git", ["version"], options).catch(() => null);
  if (said === null) return null;
  const [, major = "0", minor = "0"] = /^git version (\d+)\.(\d+)/.exec(said.stdout) ?? [];
  const recent = Number(major) > least[0] || (Number(major) === least[0] && Number(minor) >= least[1]);
  return { version: said.stdout.trim().replace("git version ", ""), recent };
}
