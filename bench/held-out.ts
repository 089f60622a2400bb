// Has the search engine repair faulty programs that others wrote, one after the other. Nothing here depends on them:
//   node bench/held-out.ts <folder> [--repro "pytest tests/test_{name}.py"] [--candidates 300] [--minutes 5] [--only <name>]…
// Each folder in <folder> is one project whose tests fail; {name} stands for the name of the folder.
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { openDesk } from "./desk.ts";
import { searchRun } from "./search-run.ts";
import { median } from "./statistics.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repro: { type: "string" },
    candidates: { type: "string", default: "300" },
    minutes: { type: "string", default: "5" },
    only: { type: "string", multiple: true },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error(
    'held-out: name the folder that holds the projects\n  npm run bench-held-out -- <folder> --repro "pytest"',
  );
  process.exit(2);
}
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (values.only?.includes(entry.name) ?? true))
  .map(({ name }) => name)
  .toSorted();

const Result = z.object({ outcome: z.string(), reason: z.string() });

const desk = openDesk(false);
const done = [];
for (const name of names) {
  const home = join(desk.dir, name);
  const dir = join(home, "project");
  mkdirSync(join(home, "tmp"), { recursive: true });
  cpSync(join(folder, name), dir, { recursive: true });
  const { repro, candidates, minutes } = values;
  const flags = ["--candidates", candidates, "--timeout", minutes];
  if (repro !== undefined) flags.push("--repro", repro.replaceAll("{name}", name));
  const limitMs = (Number(minutes) + 1) * 60_000;
  const { rank, tried, searchMs, ran } = await searchRun({ home, dir, limitMs }, flags);
  const end = Result.safeParse(lastLine(ran.stdout)).data;
  const plausible = rank !== null;
  done.push({ name, exitCode: ran.exitCode, plausible, rank, tried, searchMs, wallMs: ran.wallMs });
  const figures = [`exit ${ran.exitCode}`, `rank ${rank ?? "-"} of ${tried}`, `${seconds(ran.wallMs)} s`];
  console.log(`${name}: ${end?.outcome ?? "no result"}, ${figures.join(", ")}: ${end?.reason ?? ran.stderr.trim()}`);
}
desk.close();

const plausible = done.filter((each) => each.plausible);
const proven = done.filter(({ exitCode }) => exitCode === 0);
const walls = done.map(({ wallMs }) => wallMs);
console.log(
  `\n${done.length} programs: ${plausible.length} with a plausible patch in ${values.candidates} candidates, ${proven.length} proven; ` +
    `rank of the first, median ${median(plausible.map(({ rank }) => rank ?? 0))}; ` +
    `whole run, median ${seconds(median(walls))} s, most ${seconds(Math.max(...walls))} s`,
);

function lastLine(text: string): unknown {
  try {
    return JSON.parse(text.trim().split("\n").at(-1) ?? "");
  } catch {
    return null;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
