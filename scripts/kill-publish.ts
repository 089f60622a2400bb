/**
 * Kills claw with SIGKILL at random points around what it does on a forge: the question in the issue, the push, the draft
 * pull request, its labels and the check. Starts it again until it is done, with answers lost on the way, and counts what
 * is there: node scripts/kill-publish.ts [kills=100] [seed]
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Finished } from "../test/support/claw.ts";
import { write } from "../test/support/plays.ts";
import { patchesSum } from "../test/support/shell-sum.ts";
import { leave, orphansIn, place, type Place, runOf } from "./disturbed-run.ts";
import { randomFrom } from "./random.ts";

const [kills = 100, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const below = (limit: number): number => Math.floor(random() * limit);

/** How a run is carried on: a waiting one by itself, a proven one that was kept local by publishing it. */
interface Way {
  readonly name: "resume" | "publish";
  readonly args: (run: string) => readonly string[];
}
const ways: readonly Way[] = [
  { name: "resume", args: (run) => ["resume", run, "--json"] },
  { name: "publish", args: (run) => ["publish", run, "--issue", "7", "--json"] },
];

const at: Place = await place(() => {}, [write("Makefile", "test:\n\tsh test/run.sh\n"), ...patchesSum]);
const { used, cwd, env, forge } = at;
const claw = (...args: string[]): Promise<Finished> => used.claw(args, { cwd, env });
const parts = { home: used.clawHome, cwd, bare: join(used.dir, "r.git") };
const issue = forge.issues.get(7);
if (!issue) throw new Error("there is no issue to work on");
forge.permissions.set("ada", "write").set("claw", "admin");

const kept = (name: Way["name"], part: string): string => join(used.dir, "kept", name, part);

/** The place as it is just before something leaves the machine for the first time. */
async function keep(name: Way["name"]): Promise<string> {
  const run = await runOf(at);
  if (!run) throw new Error("no run began");
  mkdirSync(join(used.dir, "kept", name), { recursive: true });
  for (const [part, path] of Object.entries(parts)) cpSync(path, kept(name, part), { recursive: true });
  return run.run;
}

function restore(name: Way["name"]): void {
  for (const [part, path] of Object.entries(parts)) {
    rmSync(path, { recursive: true, force: true });
    cpSync(kept(name, part), path, { recursive: true });
  }
  forge.pulls.length = 0;
  forge.labels.clear();
  forge.checks = [];
  issue!.comments = [];
  forge.fault = () => undefined;
}

/** Both ways' beginnings, made once: what comes before publishing has a kill test of its own. */
async function prepare(): Promise<Record<Way["name"], string>> {
  for (const [part, path] of Object.entries(parts)) cpSync(path, join(used.dir, "fresh", part), { recursive: true });
  const expect = async (code: number, ...args: string[]): Promise<void> => {
    const finished = await claw(...args);
    if (finished.code !== code) throw new Error(`claw ${args.join(" ")}: ${finished.code} ${finished.stderr}`);
  };
  await expect(14, "fix", "7", "--no-pr", "--json");
  const { run = "" } = (await runOf(at)) ?? {};
  await expect(0, "approve", run);
  await expect(0, "resume", run);
  const publish = await keep("publish");
  for (const [part, path] of Object.entries(parts)) {
    rmSync(path, { recursive: true, force: true });
    cpSync(join(used.dir, "fresh", part), path, { recursive: true });
  }
  forge.fault = (_, path) => (path.includes("/comments") ? { status: 403 } : undefined);
  await expect(14, "fix", "7", "--json");
  return { publish, resume: await keep("resume") };
}

/** One process, killed at a moment in time, or before, amid or after its nth request to the forge. */
async function attempt(args: readonly string[], typicalMs: number, disturbed: boolean): Promise<Finished> {
  const { child, done } = used.start(args, { cwd, env });
  child.stdin?.end();
  const kill = (): void => void child.kill("SIGKILL");
  const timer = disturbed && random() < 0.4 ? setTimeout(kill, random() * typicalMs) : undefined;
  let left = disturbed && !timer ? 1 + below(16) : Number.POSITIVE_INFINITY;
  const moment = below(3);
  // Git asks for no faults, but is waited with: its push counts like any request, and can be killed before or amid it.
  forge.hold = (_, path) => {
    if (!path.includes("git-receive-pack") || --left !== 0) return undefined;
    if (moment === 0) kill();
    else setTimeout(kill, random() * 30);
    return undefined;
  };
  forge.fault = (method) => {
    left -= 1;
    if (left === 0 && moment === 0) kill();
    if (left === 0 && moment === 1) return (setImmediate(kill), "never-answer");
    if (left === 0) setTimeout(kill, random() * 30);
    return disturbed && method === "POST" && random() < 0.05 ? "lose-answer" : undefined;
  };
  const finished = await done;
  clearTimeout(timer);
  forge.fault = () => undefined;
  forge.hold = () => undefined;
  return finished;
}

/** Somebody who may answers the question, once it is there. */
function answered(): boolean {
  const comments = issue!.comments ?? [];
  const hash = /^\/claw approve (\w{12})$/m.exec(comments.find(({ login }) => login === "claw")?.body ?? "")?.[1];
  if (hash === undefined || comments.some(({ login }) => login === "ada")) return false;
  comments.push({ login: "ada", association: "OWNER", body: `/claw approve ${hash}` });
  return true;
}

/** What claw has pushed: branches, and claims on issues. */
function pushedRefs(): { readonly branches: number; readonly claims: number } {
  const refs = execFileSync("git", ["--git-dir", parts.bare, "for-each-ref", "--format=%(refname)"], {
    encoding: "utf8",
  }).split("\n");
  const below = (folder: string): number => refs.filter((ref) => ref.startsWith(folder)).length;
  return { branches: below("refs/heads/claw/"), claims: below("refs/claw/") };
}

/** How far a kill let it come. Between a claim and its branch there is nothing: one push makes both. */
function reached(): string {
  const { branches, claims } = pushedRefs();
  if (branches !== claims) return "half a push";
  if (branches === 0) return (issue!.comments ?? []).length > 0 ? "asked, nothing pushed" : "nothing there";
  if (forge.pulls.length === 0) return "pushed, no pull request";
  return (forge.checks?.length ?? 0) === 0 ? "pull request, no check" : "all there";
}
const stages = new Map<string, number>();

async function faults(way: Way, run: string): Promise<readonly string[]> {
  const found: string[] = [];
  const one = (count: number, what: string): void => void (count === 1 || found.push(`${count} ${what}`));
  one(forge.pulls.length, "pull requests");
  one(
    (issue!.comments ?? []).filter(({ login }) => login === "claw").length + (way.name === "publish" ? 1 : 0),
    "questions",
  );
  one(forge.checks?.length ?? 0, "checks");
  const { branches, claims } = pushedRefs();
  one(branches, "branches");
  one(claims, "claims");
  const labels = JSON.stringify([...forge.labels]);
  if (labels !== JSON.stringify([[forge.pulls[0]?.number, ["claw"]]])) found.push(`labels: ${labels}`);
  const verified = await claw("audit", "verify");
  if (verified.code !== 0) found.push(`the ledger does not verify: ${verified.stdout}`);
  const keys = [...(await claw("log", run, "--json")).stdout.matchAll(/"type":"effect\.done".*?"key":"([^"]+)"/g)];
  if (keys.length < 4 || new Set(keys.map(([, key]) => key)).size !== keys.length)
    found.push(`effects on record: ${keys.map(([, key]) => key).join(", ")}`);
  found.push(...(await orphansIn(used.dir)).map((words) => `still running: ${words}`));
  return found;
}

const runs = await prepare();
let [killed, rounds, wrong, typicalMs, lost] = [0, 0, 0, 1500, 0];
console.log(`seed ${seed}`);
while (killed < kills) {
  const way = ways[rounds % ways.length]!;
  const run = runs[way.name];
  restore(way.name);
  rounds += 1;
  let problem = "";
  for (let disturbances = 1 + below(8), tries = 0; ; tries += 1) {
    const startedAt = performance.now();
    const { code, stderr } = await attempt(way.args(run), typicalMs, disturbances-- > 0);
    if (code === null) {
      killed += 1;
      const stage = reached();
      stages.set(stage, (stages.get(stage) ?? 0) + 1);
    } else if (code === 0) typicalMs = performance.now() - startedAt;
    // An answer was lost: a person would try again.
    if (code === 22) lost += 1;
    // Killed when all was done but saying so.
    const over = code === 0 || (code === 2 && /has ended \(proven\)/.test(stderr));
    if (over) break;
    if (code === 14 && answered()) continue;
    if (tries > 60 || (code !== null && code !== 22)) {
      problem = `it ended with ${code}: ${stderr.slice(-600)}`;
      break;
    }
  }
  const found = [...(problem === "" ? [] : [problem]), ...(await faults(way, run))];
  for (const fault of found) console.log(`✗ round ${rounds} (${way.name}): ${fault}`);
  wrong += found.length;
  if (rounds % 10 === 0) console.log(`${killed} of ${kills} kills`);
}
console.log([...stages].map(([stage, count]) => `${count} × ${stage}`).join("; "));
console.log(`${killed} kills in ${rounds} rounds, ${lost} ends with a lost answer: ${wrong} faults`);
await (wrong === 0 ? leave(at) : Promise.all([forge.close(), at.model.close()]));
if (wrong > 0) console.log(`kept: ${used.dir}`);
process.exitCode = wrong === 0 ? 0 : 1;
