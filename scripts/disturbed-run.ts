import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../src/store/open.ts";
import { type Finished, type Machine, machine } from "../test/support/claw.ts";
import { type ForgeServer, startForgeServer } from "../test/support/forge-server.ts";
import { type ModelServer, startModelServer } from "../test/support/model-server.ts";
import { type Play, playing } from "../test/support/plays.ts";
import { patchesSum, reproducesSum, sumRepository } from "../test/support/shell-sum.ts";

export interface Place {
  readonly used: Machine;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly forge: ForgeServer;
  readonly model: ModelServer;
  /** Where the ledger is: a file, or the address of a database. */
  readonly ledger: string;
}

/**
 * A machine with a repository that was cloned from a forge, where an issue waits. `disks` is told of what claw writes to;
 * `database`: the address of an empty one for its ledger.
 */
export async function place(
  disks: (...dirs: readonly string[]) => void = () => {},
  patch: Play["patch"] = patchesSum,
  database: string | null = null,
): Promise<Place> {
  const used = machine();
  const model = await startModelServer(playing({ reproduce: reproducesSum, patch: patch ?? [] }));
  const cwd = await used.repository("sum", sumRepository);
  const bare = join(used.dir, "r.git");
  execFileSync("git", ["clone", "--quiet", "--bare", cwd, bare]);
  const forge = await startForgeServer(bare);
  await used.git(cwd, "remote", "add", "origin", `${forge.url}/o/r.git`);
  const config = join(used.dir, "home", ".config", "claw");
  mkdirSync(config, { recursive: true });
  const host = { api: `${forge.url}/api/v3`, web: forge.url, token: { env: "FORGE_TOKEN" } };
  writeFileSync(
    join(config, "config.yaml"),
    JSON.stringify({ forge: { labels: ["claw"], hosts: { [forge.host]: host } } }),
  );
  forge.issues.set(7, { title: "sum prints nothing for nothing", body: "Nothing adds up to 0.", comments: [] });
  const tmp = join(used.dir, "tmp");
  mkdirSync(tmp);
  mkdirSync(used.clawHome, { mode: 0o700, recursive: true });
  disks(used.clawHome, tmp);
  const env = {
    OPENAI_BASE_URL: model.url,
    FORGE_TOKEN: forge.token,
    TMPDIR: tmp,
    NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
    ...(database !== null && { CLAW_STORE: database }),
  };
  return { used, cwd, env, forge, model, ledger: database ?? join(used.clawHome, "ledger.sqlite") };
}

/** Takes it all away again. */
export async function leave({ used, forge, model }: Place): Promise<void> {
  await Promise.all([forge.close(), model.close()]);
  used.remove();
}

interface Listed {
  readonly run: string;
  readonly status: string;
}

/** The one run of a place, as the ledger has it; null before it began. */
export async function runOf({ used, cwd, env }: Place): Promise<Listed | null> {
  const { stdout } = await used.claw(["runs", "--json"], { cwd, env });
  const [only, ...others] = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Listed]));
  if (others.length > 0) throw new Error(`${others.length + 1} runs began where one was asked for`);
  return only ?? null;
}

/** Processes that have to do with a directory, by what their command line, directory and environment say. */
function processesIn(dir: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return words.includes(dir) || readFileSync(`/proc/${pid}/environ`, "utf8").includes(dir) ? [words] : [];
    } catch {
      return [];
    }
  });
}

/** What is still running after a while in which everything should have ended by itself. */
export async function orphansIn(dir: string): Promise<readonly string[]> {
  for (let tries = 0; tries < 100; tries++) {
    if (processesIn(dir).length === 0) return [];
    await sleep(50);
  }
  return processesIn(dir);
}

const filesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
};

/** Everything that a finished run should not have left. */
async function leftBehind({ used, cwd, ledger }: Place, run: string): Promise<readonly string[]> {
  const { clawHome, dir } = used;
  const home = filesIn(join(clawHome, "runs")).filter((path) => path !== run && path !== join(run, "report.md"));
  const boxes = ["boxes", "self-test"].flatMap((name) => filesIn(join(clawHome, "sandbox", name)));
  const drafts = filesIn(join(clawHome, "sandbox")).filter((path) => path.startsWith("draft-"));
  const locks = filesIn(join(cwd, ".git")).filter((path) => path.endsWith(".lock"));
  const store = await openStore(ledger);
  const held = await store.held();
  await store.close();
  return [
    ...filesIn(join(dir, "tmp")),
    ...home,
    ...boxes,
    ...drafts,
    ...locks,
    ...filesIn(join(clawHome, "rooms")),
    ...filesIn(join(clawHome, "plans")),
    ...held.map((row) => `${row.run} is still held`),
  ];
}

/** What is wrong with a run that is over; empty when nothing is. */
export async function faults(at: Place, run: string, finished: Finished, wanted: string): Promise<readonly string[]> {
  const { used, cwd, env, forge } = at;
  const claw = (...args: string[]): Promise<Finished> => used.claw(args, { cwd, env });
  const found: string[] = [];
  const check = (holds: boolean, problem: string): void => void (holds || found.push(problem));
  check(finished.code === 0, `it ended with ${finished.code}: ${finished.stderr.slice(-600)}`);
  check((await claw("diff", run)).stdout === wanted, "its change is another one");
  const verified = await claw("audit", "verify");
  check(verified.code === 0, `the ledger does not verify: ${verified.stderr}`);
  const replayed = await claw("replay", run, "--tools");
  check(replayed.code === 0, `it does not replay: ${replayed.stdout}`);
  const branches = (await used.git(cwd, "branch", "--list", "claw/*")).split("\n");
  check(branches.length === 1, `it left ${branches.length} branches`);
  check(forge.pulls.length === 1, `there are ${forge.pulls.length} pull requests`);
  const opened = forge.calls.filter(({ method, path }) => method === "POST" && path.endsWith("/pulls")).length;
  check(opened === 1, `a pull request was opened ${opened} times`);
  const done = (await claw("log", run, "--json")).stdout
    .split("\n")
    .flatMap((line) => /"type":"effect\.done".*?"key":"([^"]+)"/.exec(line)?.[1] ?? []);
  check(done.length > 0 && new Set(done).size === done.length, `effects on record: ${done.join(", ")}`);
  const orphans = await orphansIn(used.dir);
  check(orphans.length === 0, `still running: ${orphans.join("; ")}`);
  const left = await leftBehind(at, run);
  check(left.length === 0, `left behind: ${left.slice(0, 5).join(", ")}`);
  return found;
}

/** Exit codes of runs that can be continued: no sandbox, or trouble with the machine. */
export const paused = [21, 24];

/** The change that a run makes when nobody disturbs it, and how long that takes. */
export async function undisturbed(
  database: string | null = null,
): Promise<{ readonly diff: string; readonly ms: number }> {
  const at = await place(undefined, undefined, database);
  const { used, cwd, env } = at;
  const startedAt = performance.now();
  const finished = await used.claw(["fix", "7", "--json"], { cwd, env });
  const ms = performance.now() - startedAt;
  const diff = (await used.claw(["diff"], { cwd, env })).stdout;
  const found = await faults(at, (await runOf(at))?.run ?? "", finished, diff);
  if (found.length > 0) throw new Error(`even undisturbed: ${found.join("\n")}`);
  await leave(at);
  return { diff, ms };
}
