import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";
import type { HostGit } from "./host-git.ts";

/** Settings of one configuration file of git, names in lower case; a name may have several values, the last one counts most. */
export type Settings = ReadonlyMap<string, readonly string[]>;

/** Reads one file; a missing one is empty. Includes are not followed. */
export type SettingsReader = (file: string) => Promise<Settings>;

/** The files that hold a person's own settings, those that win last. */
export const personFiles = (home: string): readonly string[] => [
  "/etc/gitconfig",
  join(home, ".config/git/config"),
  join(home, ".gitconfig"),
];

export function settingsReader(git: HostGit): SettingsReader {
  return async (file) => {
    const found = new Map<string, string[]>();
    const exists = await lstat(file).catch(() => null);
    if (!exists) return found;
    const answer = await git.run(["config", "--file", file, "--no-includes", "--null", "--list"], {
      answers: [0, 1, 3, 128],
    });
    if (answer.code !== 0)
      throw new WorkspaceError(
        `${file} cannot be read: ${answer.stderr}`,
        `look with: git config --file ${file} --list`,
      );
    for (const entry of answer.stdout.toString("utf8").split("\0").filter(Boolean)) {
      const end = entry.indexOf("\n");
      const name = (end < 0 ? entry : entry.slice(0, end)).toLowerCase();
      found.set(name, [...(found.get(name) ?? []), end < 0 ? "true" : entry.slice(end + 1)]);
    }
    return found;
  };
}
