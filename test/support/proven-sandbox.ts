import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// A machine proves once that its sandbox holds, and every home that a test makes is a new machine to claw. What one home
// has found out, the next ones of the same run of tests know. The first home finds out for itself, and so do the tests of
// the proof (test/sandbox/unavailable.test.ts).
const proof = "sandbox-proof.json";

/** Where one run of tests keeps what its homes found out; `owner` is the process that started it and makes it. */
export const provenBy = (owner: number): string => join(tmpdir(), `claw-proven-${owner}`);
const kept = (): string => provenBy(process.ppid);

/** Lets a new state directory of the sandbox begin with what an earlier one has found out; one that is there stays as it is. */
export function borrowProof(stateDir: string): void {
  if (existsSync(stateDir) || !existsSync(join(kept(), proof))) return;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(kept())) {
    if (name === proof) cpSync(join(kept(), name), join(stateDir, name));
    else if (name.startsWith("etc-")) symlinkSync(join(kept(), name), join(stateDir, name));
  }
}

/** Keeps what a state directory, which is about to be removed, has found out, where that is more than is known. */
export function keepProof(stateDir: string): void {
  if (!existsSync(kept()) || kindsIn(stateDir) <= kindsIn(kept())) return;
  const draft = mkdtempSync(join(kept(), "draft-"));
  // The proof comes last: whoever finds it finds the rest.
  for (const name of [...readdirSync(stateDir).filter((each) => each.startsWith("etc-")), proof]) {
    if (name !== proof && existsSync(join(kept(), name))) continue;
    cpSync(join(stateDir, name), join(draft, name), { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(join(draft, name), join(kept(), name));
    } catch {
      // Another process was first; what it found out is as good.
    }
  }
  rmSync(draft, { recursive: true, force: true });
}

/** How many kinds of policies a proof covers; none where there is none that can be read. */
function kindsIn(dir: string): number {
  try {
    return (JSON.parse(readFileSync(join(dir, proof), "utf8")) as { kinds: unknown[] }).kinds.length;
  } catch {
    return 0;
  }
}
