import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Machine, machine, resultOf } from "../support/claw.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { bash, type Play, playing } from "../support/plays.ts";
import { scene } from "../support/scene.ts";
import { patchesSum, reproducesSum, sumIssue, sumRepository } from "../support/shell-sum.ts";

const open: { machine: Machine; server: ModelServer }[] = [];
afterEach(async () => {
  for (const { machine: used, server } of open.splice(0)) {
    await server.close();
    used.remove();
  }
});

async function stage(play: Play) {
  const server = await startModelServer(playing(play));
  const used = machine();
  open.push({ machine: used, server });
  const cwd = await used.repository("sum", sumRepository);
  const env = { OPENAI_BASE_URL: server.url };
  return { used, server, cwd, env };
}

const whole: Play = { reproduce: reproducesSum, patch: patchesSum };
const stages = ["intake", "workspace", "baseline", "reproduce", "patch", "prove", "gates", "publish"];

/** Starts a fix and sends a signal as soon as a line of its output matches. */
async function signalled(
  args: { used: Machine; cwd: string; env: NodeJS.ProcessEnv; args?: readonly string[] },
  when: RegExp,
  signal: NodeJS.Signals,
) {
  const { child, done } = args.used.start(args.args ?? ["fix", sumIssue, "--json"], args);
  child.stdin?.end();
  let seen = "";
  let run = "";
  let sent = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    seen += chunk.toString();
    run ||= /"run":"([0-9a-z]{12})"/.exec(seen)?.[1] ?? "";
    if (sent || !when.test(seen)) return;
    sent = true;
    child.kill(signal);
  });
  return { finished: await done, run };
}

/** Starts a fix and comes back when it is running the command. */
async function inTheMiddle(args: { used: Machine; cwd: string; env: NodeJS.ProcessEnv }, command: string) {
  const { child, done } = args.used.start(["fix", sumIssue, "--json"], args);
  child.stdin?.end();
  const run = await new Promise<string>((resolve) => {
    let seen = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      const judged = new RegExp(`"type":"call.judged"[^\\n]*${command}`).test(seen);
      if (judged) resolve(/"run":"([0-9a-z]{12})"/.exec(seen)?.[1] ?? "");
    });
  });
  return { child, done, run };
}

test("killed with -9 in every stage, and its files lost on the way, a run comes to its proven end, once, and leaves nothing", async () => {
  const { used, cwd, env, leftovers } = await scene(whole);
  let run = "";
  for (const name of stages) {
    const args = run === "" ? ["fix", sumIssue, "--json"] : ["resume", run, "--json"];
    const when = new RegExp(`"type":"stage.started"[^\\n]*"stage":"${name}"`);
    const killed = await signalled({ used, cwd, env, args }, when, "SIGKILL");
    expect(killed.finished.code, name).toBe(null);
    run = killed.run;
    if (name === "prove") rmSync(join(used.clawHome, "runs", run), { recursive: true });
  }

  const resumed = await used.claw(["resume", run, "--json"], { cwd, env });

  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resultOf(resumed)).toMatchObject({ outcome: "proven", run });
  expect((await used.git(cwd, "branch", "--list", "claw/*")).split("\n")).toHaveLength(1);
  expect([...leftovers(), ...readdirSync(join(used.clawHome, "runs", run))]).toEqual(["report.md"]);
  expect((await used.claw(["audit", "verify"], { cwd, env })).stdout).toMatch(/^✓ .* 1 head from outside\n$/);
}, 120_000);

test("a run in the middle of a command is nobody else's; Ctrl-C stops it within five seconds, leaves nothing running, and it can be resumed", async () => {
  const { used, cwd, env } = await stage({ reproduce: [bash("sleep 987654"), ...reproducesSum], patch: patchesSum });
  const { child, done, run } = await inTheMiddle({ used, cwd, env }, "sleep 987654");
  const second = await used.claw(["resume", run], { cwd, env });
  expect([second.code, second.stderr]).toEqual([24, expect.stringContaining("being written by another process")]);

  const before = performance.now();
  child.kill("SIGINT");
  const finished = await done;
  expect(finished.code).toBe(130);
  expect(performance.now() - before).toBeLessThan(20_000);
  expect(finished.stdout + finished.stderr).toContain(`claw resume ${run}`);
  expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toMatch(/^sleep 987654/m);
  const resumed = await used.claw(["resume", run, "--json"], { cwd, env });
  expect([resumed.code, resultOf(resumed)]).toMatchObject([0, { outcome: "proven" }]);
});

test("SIGTERM ends with 143 and the same kind of resumable run", async () => {
  const { used, cwd, env } = await stage({ reproduce: [bash("sleep 987655")] });
  const { finished } = await signalled({ used, cwd, env }, /"type":"call.judged"[^\n]*sleep 987655/, "SIGTERM");
  expect([finished.code, resultOf(finished)]).toMatchObject([143, { outcome: "interrupted", resumable: true }]);
});

test("claw stop ends every run within a second, and lets none go on until that is cleared", async () => {
  const { used, cwd, env } = await stage({ reproduce: [bash("sleep 987656"), ...reproducesSum], patch: patchesSum });
  const { done, run } = await inTheMiddle({ used, cwd, env }, "sleep 987656");

  const stopped = await used.claw(["stop", "the", "server", "moves", "--json"]);
  expect([stopped.code, resultOf(stopped)]).toMatchObject([0, { stopped: true, runs: [run], stillRunning: [] }]);
  const finished = await done;
  expect([finished.code, resultOf(finished)]).toMatchObject([130, { outcome: "interrupted", resumable: true }]);
  const paused =
    finished.stdout
      .trim()
      .split("\n")
      .findLast((line) => line.includes('"run.paused"')) ?? "";
  const { event } = JSON.parse(paused) as { event: { type: string; at: number } };
  expect(event.type).toBe("run.paused");
  expect(event.at - statSync(join(used.clawHome, "STOP")).mtimeMs).toBeLessThan(1000);
  const refused = await used.claw(["resume", run], { cwd, env });
  expect([refused.code, refused.stderr]).toEqual([13, expect.stringMatching(/claw is stopped: .*the server moves/)]);
  expect((await used.claw(["stop", "--clear"])).stdout).toContain("work is allowed again");
});

test("two fixes at once on one repository both end proven, on branches of their own, though the reader of one goes away", async () => {
  const { used, cwd, env } = await stage(whole);
  const { child, done } = used.start(["fix", sumIssue, "--json"], { cwd, env });
  child.stdin?.end();
  child.stdout?.once("data", () => child.stdout?.destroy());
  const runs = await Promise.all([done, used.claw(["fix", `${sumIssue} Seen twice.`, "--json"], { cwd, env })]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect((await used.git(cwd, "branch", "--list", "claw/*")).split("\n")).toHaveLength(2);
});
