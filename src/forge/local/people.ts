import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ownerOf, readWritten } from "./files.ts";

/** Who is who on this machine, and who may change the repository: its owner, root, and whom its owner lists. */
export interface People {
  nameOf(uid: number): Promise<string>;
  mayWrite(login: string): Promise<boolean>;
  /** In the words of GitHub. */
  association(uid: number): Promise<"OWNER" | "MEMBER" | "NONE">;
}

/** People of the repository at `bare`; those listed are the lines of `writers` in its `folder`. */
export function peopleOf(bare: string, folder: string): People {
  const nameOf = async (uid: number): Promise<string> => {
    if (uid === process.getuid?.()) return userInfo().username;
    const accounts = await readFile("/etc/passwd", "utf8").catch(() => "");
    return new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, "m").exec(accounts)?.[1] ?? `uid ${uid}`;
  };
  const owners = async (): Promise<readonly number[]> => {
    const owner = await ownerOf(bare);
    return owner === null ? [0] : [0, owner];
  };
  const listed = async (): Promise<readonly string[]> => {
    const file = await readWritten(join(folder, "writers"));
    if (!file || file.loose || !(await owners()).includes(file.uid)) return [];
    return file.text.split("\n").map((line) => line.trim());
  };
  return {
    nameOf,
    async mayWrite(login) {
      const names = await Promise.all((await owners()).map(nameOf));
      return names.includes(login) || (await listed()).includes(login);
    },
    async association(uid) {
      if ((await owners()).includes(uid)) return "OWNER";
      return (await listed()).includes(await nameOf(uid)) ? "MEMBER" : "NONE";
    },
  };
}
