import type { EventOf, Recorded } from "../ledger/events.ts";
import { headline } from "../text.ts";
import { editedPaths, isEdit } from "./edits.ts";
import { ofType } from "./run.ts";

/** What a session did, from its record: no model's words, so nothing in it is made up. */
export interface Digest {
  /** Files that were changed, in order of the last change, with how often. */
  readonly edits: readonly { readonly path: string; readonly times: number }[];
  /** Bodies of the newest changes' arguments, newest first. */
  readonly newest: readonly string[];
  /** The newest commands, oldest first, each with how it ended. */
  readonly commands: readonly string[];
  /** What claw said last when the session asked to finish. */
  readonly refusal: string | null;
}

const COMMANDS = 10;
const NEWEST = 6;

/** The digest of one session. */
export function digestOf(events: readonly Recorded[], session: string): Digest {
  const judged = new Map(ofType(events, "call.judged").map((event) => [`${event.session} ${event.call}`, event]));
  const finished = ofType(events, "call.finished").filter((event) => event.session === session);
  const wish = ({ call }: EventOf<"call.finished">) => judged.get(`${session} ${call}`);
  const edits = finished.filter(({ tool, ok }) => isEdit(tool) && ok);
  const paths = edits.flatMap((event) => editedPaths(wish(event) ?? { tool: event.tool, summary: "?" }));
  const commands = finished
    .filter(({ tool }) => tool === "bash")
    .map((event) => {
      const state = event.exitCode === null ? "not run" : `exit ${event.exitCode}`;
      return `${headline(wish(event)?.summary ?? "?", 100)} → ${state}`;
    });
  return {
    edits: [...new Set(paths.toReversed())].map((path) => ({
      path,
      times: paths.filter((one) => one === path).length,
    })),
    newest: edits
      .slice(-NEWEST)
      .toReversed()
      .flatMap((event) => wish(event)?.args ?? []),
    commands: [...new Set(commands.toReversed())].slice(0, COMMANDS).toReversed(),
    refusal: finished.findLast(({ why }) => why !== undefined)?.why ?? null,
  };
}

/** The fields of a summary that claw fills in itself. `hunks` are the newest changes in words. */
export function digestText({ edits, commands, refusal }: Digest, hunks: string): string {
  const none = "none";
  const files = edits.map(({ path, times }) => `${path}${times > 1 ? ` (${times} times)` : ""}`).join(", ");
  return [
    `EDITS (from the record): ${files || none}`,
    ...(hunks === "" ? [] : [hunks]),
    `COMMANDS (from the record, newest last):${commands.length === 0 ? ` ${none}` : ""}`,
    ...commands.map((line) => `- ${line}`),
    `CLAW'S LAST ANSWER TO FINISH: ${refusal ?? "finish was not called"}`,
  ].join("\n");
}
