import type { App } from "../../app.ts";
import { ClawError } from "../../errors.ts";
import type { NightWork } from "../../fleet/night.ts";
import type { Forge } from "../../forge/forge.ts";
import { placeName } from "../../forge/place.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { taskId } from "../../ledger/tasks.ts";
import type { WorkPlace } from "../fix-work.ts";
import { forgeFor, placeOfOrigin } from "../forge-issue.ts";
import { ciKey, issueKey, MOST_RED, type Search } from "./collect.ts";

/** What a night would take from the forge, and what a person should know about it. Nothing becomes a task. */
export interface Seen {
  readonly work: readonly NightWork[];
  readonly notes: readonly string[];
  /** The forge could not be asked. */
  readonly unavailable: ClawError | null;
}

/** Looks at the forge as a night does that takes from it, without taking anything. */
export async function lookAtForge(
  place: WorkPlace,
  { label, issues, ci }: Omit<Search, "root" | "flags">,
): Promise<Seen> {
  if (!issues && !ci) return { work: [], notes: [], unavailable: null };
  const { app } = place;
  let asked = "the forge";
  try {
    const where = await placeOfOrigin(app, place.cwd);
    asked = placeName(where);
    const forge = await forgeFor(app, place, where);
    const found = [...(ci ? await redCi(forge) : []), ...(issues ? await labelled(forge, label) : [])];
    return { work: await unknown(app, found), notes: [`${asked} was asked`], unavailable: null };
  } catch (error) {
    if (!(error instanceof ClawError) || error.outcome === "interrupted") throw error;
    const notes = [`${asked} was not asked: ${error.message}`];
    return { work: [], notes, unavailable: error.outcome === "workspace" ? null : error };
  }
}

async function labelled(forge: Forge, label: string): Promise<readonly NightWork[]> {
  const found = await forge.issuesLabelled(label);
  return found.map(({ number, title, url, createdAt }) =>
    wanted("issue", { title, url, since: createdAt, priority: 2, known: issueKey(forge.place, number) }),
  );
}

async function redCi(forge: Forge): Promise<readonly NightWork[]> {
  const branch = await forge.defaultBranch();
  const red = await forge.redRuns(branch);
  return red.slice(0, MOST_RED).map((run) => {
    const title = `CI workflow "${run.name}" is red on ${branch} at ${run.commit.slice(0, 12)}`;
    return wanted("ci", { title, url: run.url, since: run.at, priority: 1, known: ciKey(run) });
  });
}

function wanted(
  kind: "issue" | "ci",
  about: {
    readonly title: string;
    readonly url: string;
    readonly since: number;
    readonly priority: number;
    readonly known: readonly string[];
  },
): NightWork {
  const { title, url, since, priority, known } = about;
  return { key: url, kind, title, priority, since, opened: false, task: taskId(...known), source: url };
}

/** What was taken before stays a task: it is in the plan already, or was done. */
async function unknown(app: App, found: readonly NightWork[]): Promise<readonly NightWork[]> {
  const ledger: Pick<Ledger, "read"> = await app.ledger();
  const fresh = await Promise.all(
    found.map(async (work) => ((await ledger.read(work.task)).events.length === 0 ? [work] : [])),
  );
  return fresh.flat();
}
