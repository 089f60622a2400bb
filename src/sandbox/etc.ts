import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ownedName } from "../ledger/owned-name.ts";
import { HOME } from "./environment.ts";

const run = promisify(execFile);

/** Taken from the host's /etc. Never accounts, credentials, or settings of package managers and git. */
const shown = [
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "alternatives",
  "ssl",
  "ca-certificates",
  "pki",
  "crypto-policies",
  "nsswitch.conf",
  "host.conf",
  "gai.conf",
  "localtime",
  "timezone",
  "protocols",
  "services",
  "networks",
  "mime.types",
  "magic",
  "os-release",
  "debian_version",
  "terminfo",
  "inputrc",
  "bash.bashrc",
  "profile",
  "locale.alias",
  "login.defs",
  "fonts",
  "chromium.d",
  "perl",
  "xml",
  "sgml",
  // Where Maven finds itself; its settings.xml may hold passwords.
  "maven/m2.conf",
  "maven/logging",
];
/** Directories of language runtimes carry versions in their names. */
const shownByPattern = /^(java|python|php|ruby|node|dotnet|lua|erlang|R|ghc|openjdk)[-.\d]*(-openjdk)?$/;

/**
 * A directory to mount as /etc, made once per state of the host's own and kept in `stateDir`: one mount is a
 * tenth of the cost of thirty. Returns its path.
 */
export async function prepareEtc(stateDir: string, user: { uid: number; gid: number }): Promise<string> {
  const languages = (await readdir("/etc")).filter((name) => shownByPattern.test(name));
  const names = [...shown, ...languages.filter((name) => !shown.includes(name))];
  const directory = join(stateDir, `etc-${await fingerprint(names, user)}`);
  if (await stat(directory).catch(() => null)) return directory;
  const draft = await mkdtemp(join(stateDir, ownedName("draft-")));
  const etc = join(draft, "etc");
  await mkdir(etc, { mode: 0o755 });
  for (const name of names) await copy(name, etc);
  for (const [name, text] of Object.entries(generated(user))) await writeFile(join(etc, name), text, { mode: 0o644 });
  // The commands' user may be another one than claw's, whose habit may be to let nobody else read.
  await run("/bin/chmod", ["-R", "a+rX", "--", etc], { env: {} });
  // Another process may have been faster; its copy is as good.
  await rename(etc, directory).catch(() => undefined);
  await rm(draft, { recursive: true, force: true });
  return directory;
}

async function fingerprint(names: readonly string[], user: object): Promise<string> {
  const stamps = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join("/etc", name)).catch(() => null);
      return found && [name, found.mtimeMs, found.size];
    }),
  );
  return createHash("sha256")
    .update(JSON.stringify([stamps, user]))
    .digest("hex")
    .slice(0, 16);
}

/** Copies one entry of /etc; what this user may not read is left out. */
async function copy(name: string, etc: string): Promise<void> {
  const source = join("/etc", name);
  const target = join(etc, name);
  const found = await lstat(source).catch(() => null);
  if (!found) return;
  const destination = await realpath(source).catch(() => null);
  if (!destination) return;
  await mkdir(dirname(target), { recursive: true });
  if (found.isSymbolicLink() && !destination.startsWith("/etc/")) return symlink(destination, target);
  const filter = (path: string): boolean => !/\/private(\/|$)/.test(path);
  try {
    // Some hundred small files: one by one through the promises it takes five times as long.
    cpSync(destination, target, { recursive: true, verbatimSymlinks: true, filter });
  } catch {
    // What could be read is there.
  }
}

/** Names for the ids inside. The command's own id comes first, so that as uid 0, too, it is called agent. */
const generated = ({ uid, gid }: { uid: number; gid: number }): Record<string, string> => ({
  passwd: `agent:x:${uid}:${gid}:agent:${HOME}:/bin/bash\nroot:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
  group: `agent:x:${gid}:\nroot:x:0:\nnogroup:x:65534:\n`,
  hosts: "127.0.0.1 localhost sandbox\n::1 localhost\n",
  hostname: "sandbox\n",
  "resolv.conf": "",
});
