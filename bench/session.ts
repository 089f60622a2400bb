import { rmSync } from "node:fs";
import { join } from "node:path";
import { startModelServer } from "../test/support/model-server.ts";
import { environment, floorProgram, program } from "./desk.ts";
import { finish, type Finished } from "./process.ts";
import { makeRepository } from "./sample-repository.ts";
import type { Trajectory } from "./trajectory.ts";

/** One session of a measured program against a model that answers at once. */
export interface Session extends Finished {
  /** From the start of the process until its first request has arrived whole. */
  readonly firstRequestMs: number;
  /** Request bodies, in order, byte for byte. */
  readonly requests: readonly string[];
}

export interface SessionPlan {
  /** `claw`, or the floor with or without a sandbox. */
  readonly subject: "claw" | "floor" | "sandboxed-floor";
  readonly trajectory: Trajectory;
  /** Home of the process. What it keeps there, such as the proof of the sandbox, stays for the next session. */
  readonly home: string;
  readonly sampleMs?: number;
}

/** The exit code of a fix whose only session gave up, as every trajectory here does. */
const NOT_REPRODUCED = 10;

/** Runs one session in a fresh repository. Throws when it did not go as the trajectory says. */
export async function session({ subject, trajectory, home, sampleMs }: SessionPlan): Promise<Session> {
  const arrivals: number[] = [];
  const server = await startModelServer(({ index }) => {
    arrivals.push(performance.now());
    return trajectory[index] ?? { text: "there is no more" };
  });
  const repository = makeRepository(join(home, "repository"));
  try {
    const env = { ...environment(home), OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none" };
    const args =
      subject === "claw" ? clawArguments : [floorProgram, server.url, subject === "floor" ? "plain" : "sandbox"];
    const launch = { cwd: repository, env, ...(sampleMs !== undefined && { sampleMs }) };
    const finished = await finish(process.execPath, args, launch);
    const expected = subject === "claw" ? NOT_REPRODUCED : 0;
    if (finished.exitCode !== expected || arrivals.length !== trajectory.length) {
      throw new Error(
        `${subject}: exit ${finished.exitCode} after ${arrivals.length} of ${trajectory.length} requests\n${finished.stderr.slice(-2000)}`,
      );
    }
    const firstRequestMs = (arrivals[0] ?? Number.NaN) - finished.startedAt;
    return { ...finished, firstRequestMs, requests: server.requests.map(({ raw }) => raw) };
  } finally {
    await server.close();
    rmSync(repository, { recursive: true, force: true });
  }
}

/** A suite that costs nothing, so that what is measured is claw. */
const clawArguments: readonly string[] = [
  program,
  "fix",
  "The state in src/part1.js must be after, not before.",
  "--model",
  "openai/test-model",
  "--test-command",
  "true",
  "--max-turns",
  "1000",
];
