// Measures claw against the budgets it has set itself. Everything happens on this machine: processes, temporary
// directories and a model server on loopback that answers at once.
//   node bench/bench.ts [--quick] [--json] [--only <name>]…
import { existsSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Measurement, openDesk, program } from "./desk.ts";
import { measurements } from "./measure/all.ts";
import { isKept, type Row } from "./row.ts";
import { table } from "./table.ts";

type Result = Row & { readonly measurement: string; readonly kept: boolean | null };

const resultsFile = join(import.meta.dirname, "results.json");

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cpus: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  directory: tmpdir(),
  load: loadavg()[0] ?? 0,
};

function options(): { quick: boolean; json: boolean; chosen: Measurement[] } {
  const { values } = parseArgs({
    options: { quick: { type: "boolean" }, json: { type: "boolean" }, only: { type: "string", multiple: true } },
  });
  const unknown = values.only?.find((name) => !measurements.some((measurement) => measurement.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no measurement ${unknown}; there are ${measurements.map(({ name }) => name).join(", ")}`);
  }
  const chosen = measurements.filter(({ name }) => values.only?.includes(name) ?? true);
  return { quick: values.quick ?? false, json: values.json ?? false, chosen };
}

/** How each goal stands that something was measured for: met where all its rows are within their budgets. */
function goalsOf(rows: readonly Result[]): string {
  const judged = rows.filter(({ goal, kept }) => goal !== undefined && kept !== null);
  const goals = [...new Set(judged.map(({ goal = "" }) => goal))].toSorted(
    (a, b) => Number(a.slice(1)) - Number(b.slice(1)),
  );
  return goals
    .map((goal) => {
      const missed = judged.filter((row) => row.goal === goal && row.kept === false);
      return `${goal} ${missed.length === 0 ? "met" : `MISSED (${missed.map(({ what }) => what).join("; ")})`}`;
    })
    .join(", ");
}

async function main(): Promise<void> {
  const { quick, json, chosen } = options();
  if (!existsSync(join(program, "..", "..", "dist", "main.js")))
    throw new Error("claw is not built: run npm run build first");
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  say(
    `${machine.cpus} × ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}, load ${machine.load.toFixed(1)}, in ${machine.directory}`,
  );
  const desk = openDesk(quick);
  const results: Result[] = [];
  try {
    for (const measurement of chosen) {
      const { name, about } = measurement;
      say(`\n${name}: ${about}`);
      const rows = await measurement.run(desk);
      say(table(rows));
      results.push(...rows.map((row) => ({ measurement: name, ...row, kept: isKept(row) })));
    }
  } finally {
    desk.close();
  }
  const goals = goalsOf(results);
  if (goals !== "") say(`\ngoals of the queue and the ledger: ${goals}`);
  const text = JSON.stringify({ machine, quick, results }, null, 2);
  writeFileSync(resultsFile, `${text}\n`);
  if (json) process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
