import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { command } from "../command.ts";
import { resolveRun } from "../run-id.ts";
import { attest } from "./attest.ts";

export const exportRun = command({
  arguments: "[run]",
  options: [["-o, --output <file>", "write to a new file instead of standard output"]],
  more: `Writes one self-contained file, a JSON object per line: the events exactly as they are stored, the anchors between them,
every body that they name, and in-toto statements (test result FAILED on the base, PASSED on the head, and how the change
came about). It holds prompts, replies, outputs and code. Nothing in it is signed.

claw audit verify --file checks it on any machine, and claw audit answer --file answers from it, without a ledger.
The run is named by the beginning of its id; without one, the newest is meant.`,
  input: z.object({ run: z.string().optional(), output: z.string().min(1, "must not be empty").optional() }),
  async run({ run: prefix, output }, { app, cwd, out, err, heard, signal }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const lines = linesOf(ledger, await resolveRun(ledger, prefix), opened.version);
    if (output === undefined) {
      for await (const line of lines) {
        signal.throwIfAborted();
        if (!heard()) return;
        out(line);
      }
      return;
    }
    const path = resolve(cwd, output);
    await writeFile(path, ended(lines), { flag: "wx", mode: 0o600, signal }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      throw new UsageError(`${path} exists already`, "name another file, or remove it first", error);
    });
    err(`written: ${path}\n  check it with: claw audit verify --file ${output}`);
  },
});

async function* linesOf(ledger: Ledger, run: string, claw: string): AsyncGenerator<string> {
  const statements = await attest(ledger, run);
  for await (const line of ledger.export(run, claw)) yield JSON.stringify(line);
  for (const statement of statements) yield JSON.stringify({ type: "statement", statement });
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
