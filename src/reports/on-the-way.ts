import type { Recorded } from "../ledger/events.ts";
import { plural } from "../text.ts";
import { editedPaths, isEdit } from "../views/edits.ts";
import { type Refusal, refusedFinishes } from "../views/finishes.ts";
import { ofType } from "../views/run.ts";
import { fixFacts } from "./fix-facts.ts";
import { code, plain } from "./markdown.ts";

/** What sessions tried and claw did not let pass. A fix may be right all the same; a reviewer looks twice. */
export interface OnTheWay {
  readonly refusals: readonly Refusal[];
  /** Files of the reproduction that the patch session tried to edit, as often as it did. */
  readonly frozenEdits: readonly string[];
  /** Files besides its test that the reproduce session edited. The test was accepted only without these edits. */
  readonly strayEdits: readonly string[];
}

/** Refused finishes that are listed one by one. */
const SHOWN = 6;

export function onTheWay(events: readonly Recorded[]): OnTheWay {
  const { reproduction } = fixFacts(events);
  const frozen = reproduction?.files ?? [];
  const results = new Map(ofType(events, "call.finished").map(({ session, call, ok }) => [`${session} ${call}`, ok]));
  /** The session whose work was taken: each model that was tried had one of its own. */
  const last = (kind: string): string =>
    ofType(events, "session.started").findLast((begun) => begun.kind === kind)?.session ?? kind;
  const edited = (session: string, ok: boolean): readonly string[] =>
    ofType(events, "call.judged")
      .filter((call) => isEdit(call.tool) && call.session === session)
      .filter(({ call }) => results.get(`${session} ${call}`) === ok)
      .flatMap((call) => editedPaths(call).map(pathIn));
  return {
    refusals: refusedFinishes(events),
    frozenEdits: edited(last("patch"), false).filter((path) => frozen.includes(path)),
    strayEdits: reproduction
      ? [...new Set(edited(last("reproduce"), true))].filter((path) => !path.startsWith("/") && !frozen.includes(path))
      : [],
  };
}

/** "./src/a.ts" and "/workspace/src/a.ts" are src/a.ts; files elsewhere keep their whole path. */
const pathIn = (path: string): string => path.replace(/^(?:\/workspace\/|\.\/)/, "");

/** The same as a section of Markdown; empty when there is nothing to tell. */
export function onTheWaySection(events: readonly Recorded[]): string {
  const { refusals, frozenEdits, strayEdits } = onTheWay(events);
  const more = refusals.length - SHOWN;
  const lines = [
    ...(refusals.length > 0 ? [`- claw did not accept the work ${plural(refusals.length, "time")}:`] : []),
    ...refusals.slice(0, SHOWN).map(({ session, why }) => `  - ${plain(session)}: ${plain(why)}`),
    ...(more > 0 ? [`  - and ${more} more`] : []),
    ...[...new Set(frozenEdits)].map((path) => {
      const times = frozenEdits.filter((each) => each === path).length;
      return `- tried to edit the frozen ${code(path)}${times > 1 ? ` ${times} times` : ""}; it stayed as it was`;
    }),
    ...strayEdits.map((path) => `- edited ${code(path)} when only a test was wanted; it was put back`),
  ];
  return lines.length === 0 ? "" : `## On the way\n\n${lines.join("\n")}`;
}
