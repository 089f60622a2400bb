/**
 * Two hosts that share a PostgreSQL and nothing else, as network namespaces of this machine: one is cut off amid a run, the other
 * takes it over when the lease ends, and the first can write nothing when it is back. As root: node scripts/two-hosts.ts
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres } from "../test/support/postgres-server.ts";

const project = join(import.meta.dirname, "..");
const dir = mkdtempSync(join(tmpdir(), "claw-hosts-"));
const run = (program: string, ...args: readonly string[]): string => execFileSync(program, args, { encoding: "utf8" });

const children = new Set<ChildProcess>();

interface Host {
  readonly name: string;
  readonly home: string;
  readonly repository: string;
  /** Runs claw there; `said` is all that it has printed so far. */
  claw(...args: readonly string[]): {
    readonly child: ChildProcess;
    said(): string;
    readonly code: Promise<number | null>;
  };
  link(state: "up" | "down"): void;
}

/** A namespace of processes and network of its own, one cable away from this machine. */
function host(number: number, store: (address: string) => string): Host {
  const [name, own, there] = [`claw-host-${number}`, `10.83.${number}.1`, `10.83.${number}.2`];
  const cable = `claw${number}`;
  run("ip", "netns", "add", name);
  run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
  run("ip", "addr", "add", `${own}/24`, "dev", cable);
  run("ip", "link", "set", cable, "up");
  for (const words of [`addr add ${there}/24 dev eth0`, "link set eth0 up", "link set lo up"])
    run("ip", "-n", name, ...words.split(" "));
  const home = join(dir, name);
  mkdirSync(home);
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    CLAW_HOME: join(home, "state"),
    CLAW_STORE: store(own),
    CI: "1",
  };
  return {
    name,
    home,
    repository: join(home, "app"),
    link: (state) => void run("ip", "link", "set", cable, state),
    claw(...args) {
      const inside = ["netns", "exec", name, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts"];
      const named = ["sh", "-c", 'hostname "$0" && exec "$@"', name, process.execPath, join(project, "bin/claw.js")];
      const cwd = args[0] === "fix" ? join(home, "app") : home;
      const child = spawn("ip", [...inside, ...named, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      children.add(child);
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
      const code = new Promise<number | null>((resolve) => child.once("close", resolve));
      return { child, said: () => said, code };
    },
  };
}

async function until(what: string, holds: () => boolean, ms = 180_000): Promise<void> {
  for (const end = performance.now() + ms; !holds();) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`);
    await sleep(100);
  }
}

const server = await startPostgres({ more: ["listen_addresses=*"] });
const hosts: Host[] = [];
const faults: string[] = [];
const check = (holds: boolean, what: string): void => {
  console.log(`${holds ? "✓" : "✗"} ${what}`);
  if (!holds) faults.push(what);
};
try {
  await server.create("claw");
  await server.allow("10.83.0.0/16");
  for (const number of [1, 2]) hosts.push(host(number, (address) => `postgres://claw@${address}:${server.port}/claw`));
  const [one, two] = hosts as [Host, Host];
  cpSync(join(project, "demo"), one.repository, { recursive: true });
  const git = (...args: string[]): string =>
    run("git", "-C", one.repository, "-c", "user.name=a", "-c", "user.email=a@b", ...args);
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "base");
  // The same repository, elsewhere.
  run("git", "clone", "-q", one.repository, join(two.home, "src"));
  mkdirSync(join(two.home, ".config/claw"), { recursive: true });
  const places = JSON.stringify({ fleet: { repositories: { [one.repository]: join(two.home, "src") } } });
  writeFileSync(join(two.home, ".config/claw/config.yaml"), places);

  const first = one.claw("fix", "ISSUE.md", "--engine", "search");
  await until("the first host patches", () => /reproduce +✓ reproduce done/.test(first.said()));
  one.link("down");
  const cutAt = performance.now();
  console.log(`· ${one.name} is cut off amid its run`);
  const listed = two.claw("runs", "--json");
  await listed.code;
  const { run: name = "" } = JSON.parse(listed.said().split("\n", 1)[0] ?? "{}") as { run?: string };
  const early = two.claw("resume", name);
  check(
    (await early.code) !== 0 && /written by another process/.test(early.said()),
    "its run is refused while the lease holds",
  );
  let second = two.claw("resume", name);
  for (
    ;
    (await second.code) !== 0 && /written by another process/.test(second.said());
    second = two.claw("resume", name)
  )
    await sleep(1000);
  check(
    /✓ proven/.test(second.said()),
    `${two.name} takes it over and proves it (${Math.round((performance.now() - cutAt) / 1000)} s after the cut)`,
  );
  if (!/✓ proven/.test(second.said())) console.log(second.said().slice(-2000));
  one.link("up");
  console.log(`· ${one.name} is back`);
  const code = await Promise.race([first.code, sleep(90_000, -1, { ref: false })]);
  check(
    code !== 0 && code !== -1 && !/✓ proven/.test(first.said()),
    `${one.name} ended without a word of success: exit ${code}`,
  );
  console.log(
    first
      .said()
      .trim()
      .split("\n")
      .slice(-2)
      .map((line) => `    ${line}`)
      .join("\n"),
  );
  const log = two.claw("log", name, "--json");
  await log.code;
  const ends = log
    .said()
    .split("\n")
    .filter((line) => line.includes('"type":"run.ended"')).length;
  check(ends === 1, `the run ended once on record (${ends})`);
  const verified = two.claw("audit", "verify", "--no-repository");
  check((await verified.code) === 0, "the ledger verifies");
  const status = two.claw("fleet", "status");
  await status.code;
  check(/nobody works on it/.test(status.said()), "nothing is held any more");
} catch (error) {
  faults.push(String(error));
  console.log(`✗ ${String(error)}`);
} finally {
  for (const child of children) child.kill("SIGKILL");
  for (const [index, { name }] of hosts.entries()) {
    run("ip", "link", "del", `claw${index + 1}`);
    run("ip", "netns", "del", name);
  }
  await server.stop();
  if (faults.length === 0) rmSync(dir, { recursive: true, force: true });
  else console.log(`kept: ${dir}`);
}
process.exitCode = faults.length === 0 ? 0 : 1;
