import { allCapabilities } from "../../models/capabilities.ts";
import { openTasks } from "../../fleet/task-list.ts";
import { headline } from "../../text.ts";
import { byUrgency } from "../../views/task.ts";
import type { CommandDesk } from "../command.ts";
import { listRuns } from "../run-list.ts";
import type { Candidate } from "./candidates.ts";

/** Runs that are offered: older ones are typed, or found with claw runs. */
const RECENT = 30;

/** Values of an argument or option that only this installation knows; none for what the shell completes itself (files). */
export async function valuesOf(desk: CommandDesk, wanted: string | null): Promise<readonly Candidate[]> {
  if (wanted === null) return [];
  if (["run", "one", "other"].includes(wanted)) return runs(desk);
  if (["task", "parent", "blocks", "blockedBy"].includes(wanted)) return tasks(desk);
  if (wanted === "issue") return issues(desk);
  if (wanted === "model") return models(desk);
  if (wanted === "engine")
    return [
      ["native", "a model"],
      ["search", "small changes, tried one by one"],
    ];
  if (wanted === "endpoint") return endpoints(desk);
  if (wanted === "shell")
    return [
      ["bash", ""],
      ["zsh", ""],
      ["fish", ""],
    ];
  return [];
}

async function runs({ app }: CommandDesk): Promise<Candidate[]> {
  const rows = await listRuns(await (await app()).ledger(), { limit: RECENT, tell: () => {} });
  return rows.map(({ run, outcome, title }) => [run, `${outcome}: ${headline(title, 60)}`]);
}

/** The most urgent tasks that are not closed. */
async function tasks({ app }: CommandDesk): Promise<Candidate[]> {
  const found = (await openTasks(await (await app()).ledger())).toSorted(byUrgency).slice(0, RECENT);
  return found.map(({ task, status, title }) => [task, `${status}: ${headline(title, 60)}`]);
}

/** Issues of the repository around that this installation knows as open tasks, by number: no forge is asked for a tab. */
async function issues({ app, cwd }: CommandDesk): Promise<Candidate[]> {
  const found = (await openTasks(await (await app()).ledger())).filter(
    ({ source, repository }) => source.kind === "issue" && `${cwd}/`.startsWith(`${repository}/`),
  );
  return found.flatMap(({ source, title, status }): Candidate[] => {
    const [, number] = /\/issues\/(\d+)$/.exec(source.ref) ?? [];
    return number === undefined ? [] : [[number, `${status}: ${headline(title, 60)}`]];
  });
}

/** Models that the configuration names, and those that were ever tried out. */
async function models({ app }: CommandDesk): Promise<Candidate[]> {
  const { config } = await app();
  const named = [config.model, config.user.model, ...(config.user.models ?? [])].filter((name) => name !== undefined);
  const probed = (await allCapabilities(config.home)).flatMap(({ baseUrl, model }) =>
    Object.entries(config.user.endpoints)
      .filter(([, endpoint]) => endpoint.baseUrl === baseUrl)
      .map(([name]) => `${name}/${model}`),
  );
  return [...new Set([...named, ...probed, "auto"])].map((name): Candidate => [name, ""]);
}

const endpoints = async ({ app }: CommandDesk): Promise<Candidate[]> =>
  Object.entries((await app()).config.user.endpoints).map(([name, { baseUrl }]): Candidate => [name, baseUrl]);
