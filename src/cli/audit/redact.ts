import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Redacted, UsageError } from "../../errors.ts";
import { bodiesNamed } from "../../ledger/bodies.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { plural, printable } from "../../text.ts";
import { ofType } from "../../views/run.ts";
import { command } from "../command.ts";
import { deciderOf } from "../decision.ts";
import { personOption } from "../person-option.ts";
import { readRun } from "../run-id.ts";

export const redact = command({
  arguments: "<run>",
  options: [
    ["--blob <hash>", "the body, by its hash or the beginning of it: claw log <run> --json names them"],
    ["--reason <text>", "why; it is recorded"],
    ["--as <name>", "who does it (default: who commits in the repository by its git settings, else your login name)"],
    ["--json", "print one JSON object"],
  ],
  more: `Takes a recorded text out of the ledger for good, for instance a person's data or a secret that was not recognised. Its hash
stays, so every chain still verifies; who did it and why is recorded in each run that names the text. claw show, log and
export then say that it was redacted. Backups and exports made before still hold it, and
a later run that meets the same text records it again.

Example:
  claw audit redact 1kb2c3d4e5f6 --blob 9f86d081884c --reason "a customer's address"`,
  input: z.object({
    run: z.string(),
    blob: z.string({ error: "say which: --blob <hash>" }).regex(/^[0-9a-f]{8,64}$/, "must be 8 to 64 hex digits"),
    reason: z.string({ error: "say why: --reason <text>" }).trim().min(1, "must not be empty"),
    as: personOption,
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, blob, reason, as, json }, { app, out }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const { run, events } = await readRun(ledger, prefix);
    const named = [...new Set(events.flatMap((event) => bodiesNamed(JSON.stringify(event))))];
    const found = named.filter((sha) => sha.startsWith(blob));
    const [sha] = found;
    if (sha === undefined || found.length > 1) {
      throw new UsageError(
        sha === undefined ? `run ${run} names no body ${blob}` : `several bodies of run ${run} begin with ${blob}`,
        `see which there are: claw log ${run} --json`,
      );
    }
    const before = (await isRedacted(ledger, sha)) ? redactionOf(events, sha) : null;
    if (before) {
      if (json) return out(JSON.stringify({ type: "redaction", version: 1, sha, runs: [], already: true, ...before }));
      return out(printable(`body ${sha.slice(0, 12)} is redacted already, by ${before.by}: ${before.reason}`));
    }
    const started = events.find((event) => event.type === "run.started");
    const decider = await deciderOf(opened.config, started?.repository ?? "/", as);
    const bytes = await ledger.bodyBytes([sha]);
    const runs = await ledger.redact({ shas: [sha], reason, ...decider });
    // What forges answered may hold the same text, and is only kept to spare requests.
    await rm(join(opened.config.home, "cache"), { recursive: true, force: true });
    if (json) return out(JSON.stringify({ type: "redaction", version: 1, sha, runs, reason, ...decider }));
    out(`body ${sha.slice(0, 12)} (${plural(bytes, "byte")} as stored) is taken out, recorded in ${runs.join(", ")}`);
    out(printable(`  by ${decider.by}: ${reason}`));
  },
});

const isRedacted = (ledger: Ledger, sha: string): Promise<boolean> =>
  ledger.bytes(sha).then(
    () => false,
    (error: unknown) => error instanceof Redacted,
  );

/** Who had a body taken out, when and why, as a run has it on record; null where nobody did. */
function redactionOf(events: readonly Recorded[], sha: string) {
  const found = ofType(events, "bodies.redacted").findLast(({ redacted }) => redacted.includes(sha));
  return found ? { at: found.at, by: found.by, reason: found.reason } : null;
}
