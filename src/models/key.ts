import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { KeyReference } from "../config.ts";
import { UsageError } from "../errors.ts";

/** Looks a credential up at the moment of use. Undefined when the reference names nothing that is set. */
export async function resolveKey(
  reference: KeyReference | undefined,
  variable: (name: string) => string | undefined,
): Promise<string | undefined> {
  if (!reference) return undefined;
  if ("env" in reference) return variable(reference.env);
  try {
    if ("file" in reference) return (await readFile(reference.file, "utf8")).trim() || undefined;
    const [program = "", ...args] = reference.command;
    const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 });
    return stdout.trim() || undefined;
  } catch (cause) {
    const from = "file" in reference ? reference.file : reference.command[0];
    throw new UsageError(`the key cannot be read from ${from}`, "mend the key reference in config.yaml", cause);
  }
}
