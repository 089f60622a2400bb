import type { ToolDesk } from "./tool.ts";

/** Most of a file that a tool takes in. */
const MAX_FILE_BYTES = 8 * 2 ** 20;
/** A pipe or a device never ends: nobody waits for it longer than this. */
const WALL_MS = 20_000;

type Hands = Pick<ToolDesk, "sandbox" | "signal">;

export type FileRead = { readonly bytes: Buffer; /** There is more than was taken in. */ readonly cut: boolean };

/** A name is a name, also "-" and "-n": never standard input, never an option. */
const asName = (path: string): string => (path.startsWith("/") ? path : `./${path}`);

/** Reads a file inside the sandbox. A problem is a sentence for the model. */
export async function readFile(
  path: string,
  { sandbox, signal }: Hands,
): Promise<FileRead | { readonly problem: string }> {
  if (sandbox.files) {
    const { bytes, problem } = await sandbox.files.read(path, MAX_FILE_BYTES + 1, signal);
    if (problem !== "") return { problem: unreadable(path, lastPart(problem)) };
    return { bytes: bytes.subarray(0, MAX_FILE_BYTES), cut: bytes.length > MAX_FILE_BYTES };
  }
  const argv = ["/usr/bin/head", "-c", String(MAX_FILE_BYTES + 1), asName(path)];
  const found = await sandbox.exec(argv, { wallMs: WALL_MS, signal });
  // What the sandbox left out of the middle must never be taken for the file, least of all be written back.
  if (found.truncated) return { problem: `${path} is too large to be read at once; use bash` };
  if (found.killed) return { problem: `${path} could not be read to its end` };
  if (found.exitCode !== 0) return { problem: unreadable(path, reasonOf(found.stderr)) };
  return { bytes: found.stdout.subarray(0, MAX_FILE_BYTES), cut: found.stdout.length > MAX_FILE_BYTES };
}

/** Writes inside the sandbox; a file's mode and a link's target stay. Says why when it is refused. */
export async function writeFile(path: string, text: string, { sandbox, signal }: Hands): Promise<string | null> {
  if (sandbox.files) {
    const { problem } = await sandbox.files.write(path, Buffer.from(text), signal);
    return problem === "" ? null : unchanged(path, lastPart(problem));
  }
  const script = 'mkdir -p "$(dirname "$0")" && cat > "$0"';
  const argv = ["/bin/bash", "-c", script, asName(path)];
  const result = await sandbox.exec(argv, { stdin: text, wallMs: WALL_MS, signal });
  if (result.exitCode === 0) return null;
  return unchanged(path, reasonOf(result.stderr) || `exit ${result.exitCode}`);
}

/** Removes a file inside the sandbox; what is no file stays. Says why when it is refused. */
export async function removeFile(path: string, { sandbox, signal }: Hands): Promise<string | null> {
  const result = await sandbox.exec(["/bin/rm", "--", asName(path)], { wallMs: WALL_MS, signal });
  return result.exitCode === 0 ? null : unchanged(path, reasonOf(result.stderr) || `exit ${result.exitCode}`);
}

const unreadable = (path: string, reason: string): string =>
  reason === "File too large"
    ? `${path} is too large to be read at once; use bash`
    : `${path}: ${reason || "cannot be read"}${advice(path, reason)}`;
const unchanged = (path: string, reason: string): string =>
  `${path} not changed: ${reason}${/read-only/i.test(reason) ? " (this file is frozen)" : ""}`;

/** What to do instead, where that is plain. */
function advice(path: string, reason: string): string {
  if (reason === "Is a directory") return "; list it with bash";
  return path.startsWith("/") && reason.startsWith("No such file") ? "; paths start at the repository root" : "";
}

/** "head: cannot open 'x' for reading: No such file or directory" says it in its last part. */
const lastPart = (said: string): string => said.trim().split(": ").at(-1) ?? "";
const reasonOf = (stderr: Buffer): string => lastPart(stderr.toString("utf8"));
