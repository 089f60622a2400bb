import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../errors.ts";
import { keyPlace, type KeyReference } from "../key-reference.ts";

/** Long enough to type a passphrase. */
const PATIENCE_MS = 60_000;
/** Keys are short; what is larger is something else. */
const MAX_BYTES = 65_536;

/**
 * Looks a credential up at the moment of use. Undefined when the reference names nothing that is set. Messages name the
 * place, never what was found there; the program's own words are not shown either, as they may hold it.
 */
export async function resolveKey(
  reference: KeyReference | undefined,
  variable: (name: string) => string | undefined,
): Promise<string | undefined> {
  if (!reference) return undefined;
  if ("env" in reference) return variable(reference.env);
  if ("file" in reference) return readKeyFile(reference.file.replace(/^~(?=\/)/, homedir()));
  const output = await ask(commandFor(reference), keyPlace(reference));
  // pass and gopass keep notes below the first line.
  return ("pass" in reference ? output.split("\n", 1)[0] : output)?.trim() || undefined;
}

type Asked = Exclude<KeyReference, { env: string } | { file: string }>;

/** The command that prints a credential, as argv. */
export function commandFor(reference: Asked, platform: NodeJS.Platform = process.platform): readonly string[] {
  if ("gopass" in reference) return ["gopass", "show", "--password", reference.gopass];
  if ("pass" in reference) return ["pass", "show", reference.pass];
  if ("command" in reference) return reference.command;
  const { service, account } = reference.keychain;
  if (platform === "darwin")
    return ["security", "find-generic-password", "-s", service, ...(account ? ["-a", account] : []), "-w"];
  return ["secret-tool", "lookup", "service", service, ...(account ? ["account", account] : [])];
}

async function ask([program = "", ...args]: readonly string[], place: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: PATIENCE_MS, maxBuffer: MAX_BYTES });
    return stdout;
  } catch (error) {
    const { code, killed } = error as { code?: string | number; killed?: boolean };
    if (code === "ENOENT")
      throw new UsageError(
        `the key cannot be had from ${place}: there is no program ${program}`,
        "install it, or say in config.yaml where else the key is",
      );
    const how = killed ? "took too long" : `ended with ${String(code)}`;
    throw new UsageError(
      `the key cannot be had from ${place}: ${program} ${how}`,
      `see what it says: ${[program, ...args].map(quoted).join(" ")} > /dev/null`,
    );
  }
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A file that others can read is no place for a key: it is refused rather than used. */
async function readKeyFile(path: string): Promise<string | undefined> {
  const file = await open(path.startsWith("/") ? path : join(process.cwd(), path)).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `the key cannot be read from ${path} (${code ?? "no reason given"})`,
      "write the key into that file, or say in config.yaml where else it is",
    );
  });
  try {
    const found = await file.stat();
    const { mode, size } = found;
    if (!found.isFile()) throw new UsageError(`the key file ${path} is no file`, "name the right one");
    if ((mode & 0o077) !== 0)
      throw new UsageError(
        `the key file ${path} is open to others (mode ${(mode & 0o777).toString(8)})`,
        `close it: chmod 600 ${path}`,
      );
    if (size > MAX_BYTES)
      throw new UsageError(`the key file ${path} is too large to hold a key`, "name the right file");
    return (await file.readFile("utf8")).trim() || undefined;
  } finally {
    await file.close();
  }
}
