import { headline } from "../../text.ts";
import { latest, ofType } from "../../views/run.ts";
import type { Bases } from "../fix/check.ts";
import type { WorkDesk } from "../workflow.ts";
import { type Localisation, localise } from "./localise.ts";

/** A reproduction that takes longer is not run again and again for a hint. */
const QUICK_MS = 3000;
const BUDGET_MS = 15_000;
const PLACES = 8;
/** Lines of one score that are no further apart are one place: eight neighbours would say no more than one of them. */
const APART = 3;

/** For a session: the lines that failing tests point at, at most 300 tokens; empty when that is not known, or not known quickly. */
export async function suspectsHint(desk: WorkDesk, bases: Bases): Promise<string> {
  const begun = ofType(desk.log.events, "session.started").some(({ session }) => session === "patch");
  const seen = latest(desk.log.events, "suite.ran");
  if (begun || !seen || seen.ms > QUICK_MS) return "";
  const found = await localise(desk, bases, BUDGET_MS);
  // Without passing tests to compare with, every line that ran is as suspicious as any other.
  if (found.method !== "coverage" || found.executions.every(({ failed }) => failed)) return "";
  const lines = await shownSuspects(desk, bases.reproduction.tree, { suspects: gathered(found.suspects) }, PLACES);
  return `\nLines that failing tests run and passing ones mostly do not (a hint, not a finding):\n${lines.join("\n")}\n`;
}

/** Neighbours of the same score as one suspect, which tells how far it goes; the order stays that of the first of each. */
export function gathered(suspects: readonly Suspect[]): Suspect[] {
  const places: Suspect[] = [];
  for (const suspect of suspects) {
    const near = places.findIndex(
      ({ path, line, to = line, score }) =>
        path === suspect.path && score === suspect.score && suspect.line > to && suspect.line - to <= APART,
    );
    const place = places[near];
    if (place) places[near] = { ...place, to: suspect.line };
    else places.push(suspect);
  }
  return places;
}

/** A line, or the lines from there to another. */
type Suspect = Localisation["suspects"][number] & { readonly to?: number };

/** "src/date.js:12 (0.71): return hours < 12;", most suspicious first; "src/date.js:12-19 (0.71): …" for a stretch. */
export async function shownSuspects(
  desk: Pick<WorkDesk, "clone">,
  tree: string,
  { suspects }: { readonly suspects: readonly Suspect[] },
  count: number,
): Promise<string[]> {
  const texts = new Map<string, readonly string[]>();
  const shown: string[] = [];
  for (const { path, line, to, score } of suspects) {
    const lines = texts.get(path) ?? ((await desk.clone.read(tree, path))?.toString("utf8") ?? "").split("\n");
    texts.set(path, lines);
    const text = lines[line - 1]?.trim() ?? "";
    // Brackets and other leftovers of a longer line name no place to look at.
    if (!/\w/.test(text)) continue;
    shown.push(`${path}:${line}${to === undefined ? "" : `-${to}`} (${score.toFixed(2)}): ${headline(text, 80)}`);
    if (shown.length >= count) break;
  }
  return shown;
}
