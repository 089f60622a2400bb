import { resolve } from "node:path";
import { z } from "zod";
import { LedgerBroken } from "../../errors.ts";
import { openLedger } from "../../ledger/ledger.ts";
import { lister } from "../../reports/run-row.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { systemClock } from "../../clock.ts";
import { byteSize } from "../../text.ts";
import { command } from "../command.ts";

export const backup = command({
  arguments: "<file>",
  options: [
    ["--no-verify", "do not check the copy"],
    ["--json", "print one JSON object"],
  ],
  more: `Copies the whole ledger into a new file while runs go on, and checks the copy as claw audit verify does. It holds prompts,
replies, outputs and code: keep it where you keep those. To go back to it, put it in the place of ledger.sqlite.

Examples:
  claw audit backup ledger-2026-11-21.sqlite`,
  working: "copying the ledger",
  input: z.object({ file: z.string().min(1), verify: z.boolean().default(true), json: z.boolean().default(false) }),
  async run({ file, verify, json }, { app, cwd, out, signal }) {
    const path = resolve(cwd, file);
    await (await (await app()).ledger()).backup(path);
    const copy = openLedger({ store: await openSqlite(path), clock: systemClock, scrub: (text) => text });
    try {
      const { file: bytes, runs, events } = await copy.size();
      const [first] = verify ? (await copy.audit({ signal, lister })).findings : [];
      if (first)
        throw new LedgerBroken(`the copy is not as it was written: ${first.problem}`, "look with claw audit verify");
      if (json)
        return out(
          JSON.stringify({
            type: "backup",
            version: 1,
            file: path,
            bytes,
            runs,
            events: events.count,
            verified: verify,
          }),
        );
      out(`${path}: ${runs} runs, ${events.count} events, ${byteSize(bytes)}${verify ? ", checked" : ""}`);
    } finally {
      await copy.close();
    }
  },
});
