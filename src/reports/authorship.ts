import type { Recorded } from "../ledger/events.ts";
import { foldRun, ofType } from "../views/run.ts";
import { addedLines } from "./added-lines.ts";
import { servedModels } from "./answered-by.ts";
import { diffstat } from "./diffstat.ts";
import { fixFacts } from "./fix-facts.ts";

export interface Authored {
  readonly run: string;
  readonly events: readonly Recorded[];
  /** SHA-256 of the run's last event, hex. */
  readonly head: string;
  /** The whole change as unified text. */
  readonly patch: string;
}

/** Who wrote it, for those who name it: the model that answered, with its provider; null for the search engine. */
function author({ events }: Authored): string | null {
  const { started } = foldRun(events);
  if (ofType(events, "search.found").length > 0) return null;
  const served = servedModels(events).at(-1) ?? started?.model?.model;
  // Agent Trace takes no longer ones.
  return started?.model && served ? `${started.model.endpoint}/${served}`.slice(0, 250) : null;
}

/** Of a hash the part that looks like a UUID of version 8: made by its own rule, here from the run's head. */
const uuidOf = (sha: string): string =>
  `${sha.slice(0, 8)}-${sha.slice(8, 12)}-8${sha.slice(13, 16)}-8${sha.slice(17, 20)}-${sha.slice(20, 32)}`;

/** An Agent Trace record (https://agent-trace.dev, 0.1): which lines of which file come from whom. */
export function agentTrace(authored: Authored): unknown {
  const { events, run, head, patch } = authored;
  const { started, lastAt, end } = foldRun(events);
  const { commit } = fixFacts(events).published;
  const model = author(authored);
  const contributor = model === null ? { type: "unknown" } : { type: "ai", model_id: model };
  return {
    version: "0.1",
    id: uuidOf(head),
    timestamp: new Date(lastAt).toISOString(),
    ...(commit !== null && { vcs: { type: "git", revision: commit } }),
    tool: { name: "claw", version: started?.version },
    files: addedLines(patch).map(({ path, ranges }) => ({
      path,
      conversations: [
        { contributor, ranges: ranges.map(({ start, end: last }) => ({ start_line: start, end_line: last })) },
      ],
    })),
    metadata: { "claw.run": run, "claw.record": `sha256:${head}`, "claw.outcome": end?.outcome ?? null },
  };
}

/**
 * A note in the format of git-ai's refs/notes/ai (authorship/3.0.0): lines by file, then who is behind them. A path that
 * contains a quotation mark cannot be written in it, and is left out.
 */
export function authorshipNote(authored: Authored): string {
  const { events, run, patch, head } = authored;
  const { started } = foldRun(events);
  const id = head.slice(0, 16);
  const files = addedLines(patch)
    .filter(({ path }) => !path.includes('"'))
    .flatMap(({ path, ranges }) => [
      /\s/.test(path) ? `"${path}"` : path,
      `  ${id} ${ranges.map(({ start, end }) => (start === end ? `${start}` : `${start}-${end}`)).join(",")}`,
    ]);
  const sum = (of: "added" | "deleted"): number => diffstat(patch).reduce((total, file) => total + (file[of] ?? 0), 0);
  const prompt = {
    agent_id: { tool: "claw", id: run, model: author(authored) ?? "search" },
    human_author: null,
    messages: [],
    total_additions: sum("added"),
    total_deletions: sum("deleted"),
    accepted_lines: sum("added"),
    // The format spells it so.
    overriden_lines: 0,
  };
  const meta = {
    schema_version: "authorship/3.0.0",
    // Despite its name, this is the commit that the note is on.
    base_commit_sha: fixFacts(events).published.commit ?? started?.base ?? "",
    prompts: { [id]: prompt },
  };
  return `${files.join("\n")}\n---\n${JSON.stringify(meta, null, 2)}\n`;
}
