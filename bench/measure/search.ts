import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Desk, makeHome, type Measurement } from "../desk.ts";
import { finish } from "../process.ts";
import { atLeast, type Row } from "../row.ts";
import { type Search, searchRun } from "../search-run.ts";
import { median } from "../statistics.ts";

const folder = join(import.meta.dirname, "..", "faults");
const projects = ["javascript", "python", "typescript"];

/** One line of a project, and how it is broken. */
const Fault = z.strictObject({ id: z.string(), file: z.string(), right: z.string(), wrong: z.string() });
type Fault = z.infer<typeof Fault>;

interface Case extends Fault {
  readonly project: string;
}

/** What became of one fault. */
interface Repair extends Search {
  readonly found: boolean;
  /** The very line as it was before it was broken. */
  readonly exact: boolean;
  readonly wallMs: number;
}

/** The search engine on one-line faults that were written together with it. */
export const search: Measurement = {
  name: "search",
  about: "repair of seeded one-line faults without a model (in-sample: the operators were written by the same hand)",
  async run(desk) {
    const chosen = cases().filter((_, index) => !desk.quick || index % 8 === 0);
    const repairs: Repair[] = [];
    for (const one of chosen) repairs.push(await repair(desk, one));
    const found = repairs.filter((each) => each.found);
    const of = (pick: (each: Repair) => number): number[] => found.map(pick);
    const tried = repairs.reduce((sum, each) => sum + each.tried, 0);
    const cpu = repairs.reduce((sum, each) => sum + each.cpuMs, 0);
    const rank = (each: Repair): number => each.rank ?? 0;
    return [
      {
        what: `faults repaired, of ${repairs.length} in ${projects.length} languages`,
        value: (100 * found.length) / repairs.length,
        unit: "%",
        budget: atLeast(70),
      },
      {
        what: "repaired to the line as it was",
        value: (100 * found.filter(({ exact }) => exact).length) / repairs.length,
        unit: "%",
      },
      { what: "rank of the first that passes, median", value: median(of(rank)), unit: "candidates" },
      { what: "rank of the first that passes, most", value: Math.max(...of(rank)), unit: "candidates" },
      { what: "whole run, median", value: median(of(({ wallMs }) => wallMs)), unit: "ms" },
      { what: "whole run, most", value: Math.max(...of(({ wallMs }) => wallMs)), unit: "ms" },
      { what: "CPU time of one candidate", value: cpu / tried, unit: "ms", note: `${tried} candidates` },
      ...(await scaling(desk, chosen)),
    ];
  },
};

const cases = (): Case[] =>
  projects.flatMap((project) =>
    z
      .array(Fault)
      .parse(JSON.parse(readFileSync(join(folder, project, "faults.json"), "utf8")))
      .map((fault) => ({ ...fault, project })),
  );

/** The same faults with one workspace and with two: how much sooner they are repaired. */
async function scaling(desk: Desk, chosen: readonly Case[]): Promise<Row[]> {
  if (availableParallelism() < 2) return [];
  const few = chosen.filter((_, index) => index % 8 === 3 || desk.quick).slice(0, desk.repeats(6, 1));
  const ratios: number[] = [];
  for (const one of few) {
    const [alone, both] = [await repair(desk, one, 1), await repair(desk, one, 2)];
    if (alone.found && both.found) ratios.push(alone.searchMs / alone.tried / (both.searchMs / both.tried));
  }
  return [
    {
      what: "candidates per second, two workspaces over one",
      value: median(ratios),
      unit: "×",
      note: `${ratios.length} faults`,
    },
  ];
}

let number = 0;

/** Breaks the line in a fresh repository and has claw repair it. */
async function repair(desk: Desk, { project, id, file, right, wrong }: Case, workers?: number): Promise<Repair> {
  number += 1;
  const home = makeHome(desk.dir, `search-${number}`);
  const dir = join(home, project);
  mkdirSync(dir);
  cpSync(join(folder, project), dir, { recursive: true, filter: (path) => !path.endsWith("faults.json") });
  const text = readFileSync(join(dir, file), "utf8");
  if (text.split(right).length !== 2) throw new Error(`${project}/${file} does not have "${right}" once, for ${id}`);
  writeFileSync(
    join(dir, file),
    text.replace(right, () => wrong),
  );
  const flags = ["--timeout", "2.5", ...(workers ? ["--workers", `${workers}`] : [])];
  const { ran, ...made } = await searchRun({ home, dir }, flags);
  const after = ran.exitCode === 0 ? await fixedText(dir, file) : "";
  return { ...made, found: ran.exitCode === 0, exact: after === text, wallMs: ran.wallMs };
}

async function fixedText(dir: string, file: string): Promise<string> {
  const branches = await finish("git", ["for-each-ref", "--format=%(refname)", "refs/heads/claw/"], {
    cwd: dir,
    env: process.env,
  });
  const shown = await finish("git", ["show", `${branches.stdout.trim()}:${file}`], { cwd: dir, env: process.env });
  return shown.stdout;
}
