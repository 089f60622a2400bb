import { z } from "zod";
import type { Ledger } from "../../ledger/ledger.ts";
import { changeOf } from "../../reports/change.ts";
import { plural } from "../../text.ts";
import { testPolicy } from "../../workflows/test-policy.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { resolveRun } from "../run-id.ts";
import { readPolicy } from "./read-policy.ts";

export const test = command({
  arguments: "[run]",
  options: [
    ["--manifest <file>", "a claw.yaml to try out, instead of the one at HEAD"],
    ["--runs <number>", "how many of the newest runs (default: 50)"],
    ["--json", "print a JSON object a run"],
  ],
  more: `Judges past runs once more by today's policy: their changes (scope, protected paths, size), their calls and the hosts that
they asked for. Nothing is run and nothing is recorded. What is not listed would be decided as it was.

Examples:
  claw policy test
  claw policy test 1hk4 --manifest stricter.yaml`,
  working: "judging again",
  input: z.object({
    run: z.string().optional(),
    manifest: z.string().min(1, "must not be empty").optional(),
    runs: numberOption({ min: 1, max: 10_000, whole: true }),
    json: z.boolean().default(false),
  }),
  async run({ run, manifest, runs = 50, json }, { app, cwd, out, err, heard, signal }) {
    const opened = await app();
    const policy = await readPolicy(opened, cwd, manifest);
    const ledger = await opened.ledger();
    const ids =
      run === undefined ? (await ledger.newest(runs)).map((each) => each.run) : [await resolveRun(ledger, run)];
    let different = 0;
    for (const id of ids) {
      signal.throwIfAborted();
      if (!heard()) return;
      const { looked, changed } = testPolicy(await readPast(ledger, id), policy);
      different += changed.length > 0 ? 1 : 0;
      if (json)
        out(JSON.stringify({ type: "policy-test", version: 1, run: id, source: policy.source, looked, changed }));
      else if (changed.length > 0)
        out(`run ${id}: ${changed.length} of ${plural(looked, "decision")} would be another`);
      for (const { what, past, today, rule } of json ? [] : changed)
        out(`  ${what}: ${past} then, ${today} now (${rule})`);
    }
    err(
      `${plural(ids.length, "run")} by ${policy.source}: ${different === 0 ? "nothing would be decided otherwise" : `${different} with other decisions`}`,
    );
  },
});

async function readPast(ledger: Ledger, id: string) {
  const { events } = await ledger.read(id);
  const change = changeOf(events);
  const parts = await Promise.all((change?.patches ?? []).map((sha) => ledger.bytes(sha)));
  return { events, patch: change ? Buffer.concat(parts).toString("utf8") : null };
}
