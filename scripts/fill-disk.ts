/**
 * Fills the disks that claw writes to at random points of `claw fix`, from an issue on a forge to the draft pull request,
 * sees it stop, makes room, resumes it until it is done, and looks whether anybody could tell. As root, who can make
 * small disks: node scripts/fill-disk.ts [times=10] [seed]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { faults, leave, paused, type Place, place, runOf, undisturbed } from "./disturbed-run.ts";
import { randomFrom } from "./random.ts";

const [times = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const KiB = 1024;
const MiB = 1024 * KiB;

if (process.getuid?.() !== 0) {
  console.log("skipped: only root can make a small disk");
  process.exit(0);
}

const mounted: string[] = [];
const mount = (...dirs: readonly string[]): void => {
  for (const dir of dirs) {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=640m,mode=0700", "none", dir]);
    mounted.push(dir);
  }
};
const unmount = (): void => {
  for (const dir of mounted.splice(0)) spawnSync("umount", ["--lazy", dir]);
};
process.on("exit", unmount);

/** Leaves so many bytes free on each. */
function fill(free: number): void {
  for (const dir of mounted) {
    const { bavail, bsize } = statfsSync(dir);
    const bytes = Math.max(0, bavail * bsize - free);
    if (bytes > 0) spawnSync("fallocate", ["--length", String(bytes), join(dir, "ballast")]);
  }
}
const makeRoom = (): void => {
  for (const dir of mounted) rmSync(join(dir, "ballast"), { force: true });
};

/** From nothing at all, over room for a few events, to less than a sandbox is given. */
const someSpace = (): number => {
  const kind = Math.floor(random() * 4);
  return Math.floor(kind === 0 ? 0 : kind === 1 ? random() * 64 * KiB : random() * (kind === 2 ? 8 : 480) * MiB);
};

interface Attempt {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The disk was full before it was over. */
  readonly disturbed: boolean;
}

async function attempt({ used, cwd, env }: Place, run: string | null, ms: number | null): Promise<Attempt> {
  const { child, done } = used.start(run === null ? ["fix", "7", "--json"] : ["resume", run, "--json"], { cwd, env });
  child.stdin?.end();
  let disturbed = false;
  const timer = setTimeout(() => {
    disturbed = true;
    fill(someSpace());
  }, ms ?? 600_000);
  const finished = await done;
  clearTimeout(timer);
  makeRoom();
  return { ...finished, disturbed };
}

const { diff, ms } = await undisturbed();
console.log(`seed ${seed}; undisturbed it takes ${Math.round(ms)} ms`);
let [filled, stopped, runs, wrong] = [0, 0, 0, 0];
while (filled < times) {
  const at = await place(mount);
  runs += 1;
  let finished: Attempt;
  for (let disturbances = 1 + Math.floor(random() * 3); ; disturbances -= 1) {
    const known = await runOf(at);
    finished = await attempt(at, known?.run ?? null, disturbances > 0 ? random() * (ms + 300) : null);
    if (known?.status === "ended" && finished.code === 2) finished = { ...finished, code: 0 };
    if (!finished.disturbed && disturbances <= 0) break;
    filled += finished.disturbed ? 1 : 0;
    if (finished.code === 0) break;
    stopped += 1;
    if (finished.code !== null && paused.includes(finished.code)) continue;
    wrong += 1;
    console.log(`✗ run ${runs}: on a full disk it ended with ${finished.code}: ${finished.stderr.slice(-600)}`);
    break;
  }
  const found = finished.code === 0 ? await faults(at, (await runOf(at))?.run ?? "", finished, diff) : [];
  for (const problem of found) console.log(`✗ run ${runs}: ${problem}`);
  wrong += found.length;
  console.log(`run ${runs}: ${filled} of ${times} times full`);
  unmount();
  await leave(at);
}
console.log(`${filled} times full in ${runs} runs, of which ${stopped} stopped and went on: ${wrong} faults`);
process.exitCode = wrong === 0 ? 0 : 1;
