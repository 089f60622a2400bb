import { mkdir, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { InfrastructureError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { plural } from "../../text.ts";
import { stopFile, stopNote } from "../../workflows/stop.ts";
import { command } from "../command.ts";

/** How long it waits for running runs to save their state, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Runs older than the newest so many are not looked at. */
const LOOK_AT = 200;

export const stop = command({
  arguments: "[reason...]",
  options: [
    ["--clear", "allow work again"],
    ["--json", "print one JSON object"],
  ],
  more: `Stops every run of this CLAW_HOME within a second, whoever started it, and refuses new ones until it is cleared.
Stopped runs end as interrupted: their state is saved, and claw resume <run> continues. The same happens when anything
else makes the file STOP in CLAW_HOME.

Examples:
  claw stop "the model server is being moved"
  claw stop --clear

Exit codes: 0 done; 24 a run did not end in time`,
  input: z.object({
    reason: z.array(z.string()).default([]),
    clear: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ reason, clear, json }, { app, out }) {
    const opened = await app();
    const { home, initiator } = opened.config;
    const file = stopFile(home);
    if (clear) {
      const was = stopNote(home) !== null;
      await rm(file, { force: true });
      if (json) return out(JSON.stringify({ type: "stop", version: 1, stopped: false, file, wasStopped: was }));
      return out(was ? "work is allowed again; continue runs with: claw resume <run>" : "nothing was stopped");
    }
    const ledger = await opened.ledger();
    const before = await running(ledger);
    await mkdir(home, { recursive: true, mode: 0o700 });
    const said = reason.join(" ").trim();
    const at = new Date(systemClock.now()).toISOString();
    await writeFile(file, `${said === "" ? "" : `${said} `}(${initiator}, ${at})\n`, { mode: 0o600 });
    const left = await ended(ledger);
    const runs = before.filter((run) => !left.includes(run));
    if (json) out(JSON.stringify({ type: "stop", version: 1, stopped: true, file, runs, stillRunning: left }));
    else out([`stopped ${plural(runs.length, "run")}; nothing starts until: claw stop --clear`, ...runs].join("\n"));
    if (left.length > 0) throw stillThere(left);
  },
});

const running = async (ledger: Ledger): Promise<string[]> =>
  (await ledger.newest(LOOK_AT)).filter(({ active }) => active).map(({ run }) => run);

/** Waits until nothing runs any more; gives what does all the same. */
async function ended(ledger: Ledger): Promise<string[]> {
  const until = systemClock.now() + PATIENCE_MS;
  for (;;) {
    const left = await running(ledger);
    if (left.length === 0 || systemClock.now() >= until) return left;
    await systemClock.sleep(100);
  }
}

const stillThere = (runs: readonly string[]): InfrastructureError =>
  new InfrastructureError(
    `${plural(runs.length, "run")} did not end within ${PATIENCE_MS / 1000} s: ${runs.join(", ")}`,
    "its process hangs, or is on another machine: end it there; it can be resumed all the same",
  );
