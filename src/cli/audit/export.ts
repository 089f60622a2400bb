import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { machineFailure, UsageError } from "../../errors.ts";
import type { ExportLine } from "../../ledger/export.ts";
import { lineDigest } from "../../ledger/export-digest.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { agentTrace, authorshipNote } from "../../reports/authorship.ts";
import { otelTraces } from "../../reports/otel.ts";
import { resultOf } from "../../reports/result.ts";
import type { Statement } from "../../reports/statements.ts";
import { writeNote as putNote } from "../../repo/notes.ts";
import { openRepository } from "../../repo/repository.ts";
import { foldRun } from "../../views/run.ts";
import { readChange } from "../change-of-run.ts";
import { command } from "../command.ts";
import { readRun, resolveRun } from "../run-id.ts";
import { attest, hashesOf } from "./attest.ts";
import { sendTraces } from "./send.ts";
import { signatureLines, signingKey } from "./signatures.ts";

export const exportRun = command({
  arguments: "[run]",
  options: [
    ["--format <which>", "jsonl, otel, agent-trace or git-note (default: jsonl)"],
    ["-o, --output <file>", "write to a new file instead of standard output"],
    ["--send", "with otel: post the spans to the collector that audit.otlp in config.yaml names"],
    ["--write-note", "with git-note: put the note on the run's commit, in refs/notes/ai of its repository"],
  ],
  more: `jsonl: one self-contained file, a JSON object per line: the events exactly as they are stored, the anchors between them,
every body that they name, and in-toto statements (test result FAILED on the base, PASSED on the head, and how the change
came about). It holds prompts, replies, outputs and code. With audit.signingKey in config.yaml the record
and each statement are signed as well (DSSE, ed25519), labelled self-signed: the key comes with them.
claw audit verify --file checks it on any machine, and claw audit answer --file answers from it, without a ledger.

  otel          the run, its stages, sessions, requests and calls as OpenTelemetry spans (OTLP/JSON, GenAI conventions), for a collector
  agent-trace   which lines come from which model, as an Agent Trace 0.1 record
  git-note      the same as a note of git-ai: --write-note puts it on the run's commit, on this machine only

None of these three holds prompts, replies or code.

The run is named by the beginning of its id; without one, the newest is meant.

Examples:
  claw audit export 1ng3ek -o run.jsonl
  claw audit export 1ng3ek --format otel --send
  claw audit export --format git-note --write-note`,
  working: "reading the run",
  input: z.object({
    run: z.string().optional(),
    format: z
      .enum(["jsonl", "otel", "agent-trace", "git-note"], { error: "must be jsonl, otel, agent-trace or git-note" })
      .default("jsonl"),
    output: z.string().min(1, "must not be empty").optional(),
    send: z.boolean().default(false),
    writeNote: z.boolean().default(false),
  }),
  async run({ run: prefix, format, output, send, writeNote }, { app, cwd, out, err, heard, signal }) {
    if (send && format !== "otel") throw new UsageError("--send is for --format otel", "see: claw audit export --help");
    if (writeNote && format !== "git-note")
      throw new UsageError("--write-note is for --format git-note", "see: claw audit export --help");
    const opened = await app();
    const ledger = await opened.ledger();
    const run = await resolveRun(ledger, prefix);
    const lines = format === "jsonl" ? linesOf(ledger, run, opened) : abridged(ledger, run, format);
    if (send) return err(`sent: ${await sendTraces(opened.config, await whole(lines), signal)}`);
    if (writeNote) return err(`written: ${await noteOnCommit(opened, run, `${await whole(lines)}\n`)}`);
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
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code === "EEXIST")
        throw new UsageError(`${path} exists already`, "name another file, or remove it first", error);
      if (syscall !== "open" || machineFailure(error)) throw error;
      throw new UsageError(`${path} cannot be written`, "name a file in a directory that is there", error);
    });
    err(`written: ${path}${format === "jsonl" ? `\n  check it with: claw audit verify --file ${output}` : ""}`);
  },
});

async function* linesOf(ledger: Ledger, run: string, { config, version }: App): AsyncGenerator<string> {
  const key = await signingKey(config);
  // Read once: a run that goes on meanwhile is exported as it was then.
  const read = await ledger.read(run);
  const events = read.events.length;
  const statements = await attest(ledger, read);
  const digest = lineDigest();
  const said = (line: ExportLine | { readonly type: "statement"; readonly statement: Statement }): string => {
    digest.add(line);
    return JSON.stringify(line);
  };
  for await (const line of ledger.export({ run, claw: version, events })) yield said(line);
  for (const statement of statements) yield said({ type: "statement", statement });
  if (!key) return;
  const record = { run, head: read.head, events, claw: version, lines: digest.sum() };
  for (const line of signatureLines(record, statements, key)) yield JSON.stringify(line);
}

/** The formats of others, each one text. */
async function* abridged(
  ledger: Ledger,
  run: string,
  format: "otel" | "agent-trace" | "git-note",
): AsyncGenerator<string> {
  const record = await ledger.read(run);
  if (format === "otel") {
    yield JSON.stringify(otelTraces({ ...record, hashes: await hashesOf(ledger, run) }));
    return;
  }
  const authored = { ...record, patch: (await readChange(ledger, run)).patch.toString("utf8") };
  yield format === "git-note" ? authorshipNote(authored).trimEnd() : JSON.stringify(agentTrace(authored));
}

async function whole(lines: AsyncIterable<string>): Promise<string> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all.join("\n");
}

/** Only on request: a note is visible to everybody who fetches it. */
async function noteOnCommit(app: App, run: string, text: string): Promise<string> {
  const { config } = app;
  const facts = await readRun(await app.ledger(), run);
  const { started } = foldRun(facts.events);
  const { commit } = resultOf(facts);
  if (!started || !commit)
    throw new UsageError(`run ${run} left no commit`, "a note is put on a commit: see claw show");
  const repository = await openRepository(started.repository, { searchPath: config.path, home: config.userHome });
  return `${await putNote(repository, commit, text, systemClock.now())} on ${commit.slice(0, 12)}`;
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
