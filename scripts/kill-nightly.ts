/**
 * Kills `claw nightly` with SIGKILL at random points, with two issues on a forge, starts it again until the night is over, and
 * looks whether anybody could tell: node scripts/kill-nightly.ts [kills=10] [seed]
 */
import type { Finished } from "../test/support/claw.ts";
import { leave, orphansIn, type Place, place } from "./disturbed-run.ts";
import { randomFrom } from "./random.ts";

const [kills = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
/** Longer than any of it lives undisturbed. */
const LIFE_MS = 25_000;

interface Row {
  readonly outcome: string | null;
  readonly state: string;
  readonly pullRequest: string | null;
}

async function attempt({ used, cwd, env }: Place, ms: number): Promise<Finished> {
  const { child, done } = used.start(["nightly", "--until", "1h", "--max-prs", "2", "--json"], { cwd, env });
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const finished = await done;
  clearTimeout(timer);
  return finished;
}

/** What is wrong with a night that is over; empty when nothing is. */
async function faults(
  { used, cwd, env, forge }: Place,
  { code, stdout, stderr }: Finished,
): Promise<readonly string[]> {
  const found: string[] = [];
  const check = (holds: boolean, problem: string): void => void (holds || found.push(problem));
  check(code === 0, `it ended with ${code}: ${stderr.slice(-600)}`);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as { rows?: Row[]; pullRequests?: string[] };
  const proven = (last.rows ?? []).filter(({ outcome, state }) => outcome === "proven" && state === "ended");
  check(proven.length === 2, `${proven.length} of 2 issues are told as proven: ${JSON.stringify(last.rows)}`);
  check(new Set(last.pullRequests).size === 2, `the report names ${last.pullRequests?.length} pull requests`);
  check(forge.pulls.length === 2, `${forge.pulls.length} pull requests are on the forge`);
  const runs = (await used.claw(["runs", "--workflow", "nightly", "--json"], { cwd, env })).stdout.trim().split("\n");
  check(runs.length === 1, `${runs.length} nights are on record`);
  const tasks = (await used.claw(["task", "list", "--json"], { cwd, env })).stdout.trim();
  check(tasks === "", `tasks are left: ${tasks.slice(0, 300)}`);
  const verified = await used.claw(["audit", "verify"], { cwd, env });
  check(verified.code === 0, `the record does not hold: ${verified.stdout.slice(0, 300)}`);
  return found;
}

let [killed, nights, wrong] = [0, 0, 0];
while (killed < kills) {
  const at = await place();
  nights += 1;
  at.forge.issues.set(7, {
    title: "sum([]) throws a TypeError",
    body: "An empty list adds up to 0.",
    labels: ["claw"],
  });
  at.forge.issues.set(8, { title: "Nothing adds up to an error", body: "The sum of nothing is 0.", labels: ["claw"] });
  let finished: Finished;
  for (let disturbances = 1 + Math.floor(random() * 5); ; disturbances -= 1) {
    finished = await attempt(at, disturbances > 0 ? random() * LIFE_MS : 600_000);
    if (finished.code !== null) break;
    killed += 1;
    const orphans = await orphansIn(at.used.dir);
    if (orphans.length > 0) console.log(`✗ night ${nights}: still running after a kill: ${orphans.join("; ")}`);
    wrong += orphans.length;
  }
  const found = await faults(at, finished);
  for (const problem of found) console.log(`✗ night ${nights}: ${problem}`);
  wrong += found.length;
  console.log(`night ${nights}: ${killed} of ${kills} kills`);
  if (found.length > 0) console.log(`  kept: ${at.used.dir}`);
  await (found.length > 0 ? Promise.all([at.forge.close(), at.model.close()]) : leave(at));
}
console.log(`${killed} kills in ${nights} nights: ${wrong} faults`);
process.exitCode = wrong === 0 ? 0 : 1;
