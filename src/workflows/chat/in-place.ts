import { z } from "zod";
import { ofType } from "../../views/run.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";
import type { News } from "./person.ts";
import { SESSION } from "./open.ts";
import { takenTree, takeOver } from "./take-over.ts";
import { treesOf } from "./trees.ts";

/** How a session is to be held in place: after asking the person, or as they said before it began (--yes). */
export const InPlace = z.enum(["ask", "agreed"]);
export type InPlace = z.infer<typeof InPlace>;

/** The effect whose verdict says whether a session's changes go into the person's files as they come. */
const EFFECT = "in-place";

/** Did the person agree that changes go into their own files as they come? Undefined before they were asked. */
export function isInPlace({ log }: WorkDesk): boolean | undefined {
  const judged = ofType(log.events, "effect.judged").findLast(({ effect }) => effect === EFFECT);
  return judged && judged.verdict === "allow";
}

/** Asks the one question of a session in place, once in its life, and records the answer. */
export async function agreeInPlace(desk: WorkDesk, wish: InPlace | undefined): Promise<void> {
  const { log, repository, screen, signal } = desk;
  if (wish === undefined || isInPlace(desk) !== undefined) return;
  if (wish === "ask" && !screen.confirm) return;
  const { root } = repository;
  const agreed =
    wish === "agreed" || (await screen.confirm?.(`Write the session's changes into ${root} as they come?`, signal));
  const key = `${log.run}:${EFFECT}`;
  const verdict = agreed === true ? ("allow" as const) : ("deny" as const);
  const said = agreed === true ? "wants" : "does not want";
  const rule =
    wish === "agreed" ? "asked for with --in-place --yes" : `a person at the terminal ${said} changes as they come`;
  await log.append({ type: "effect.judged", effect: EFFECT, key, verdict, rule, target: root });
  if (agreed !== true) {
    screen.person?.told({ kind: "done", text: "then your files change only by /apply" });
    return;
  }
  await log.append({ type: "effect.done", effect: EFFECT, key, result: `changes go into ${root} as they come` });
}

/**
 * Takes over what the session changed since the last time, where the person wants that; null where there is nothing to do.
 * What a process that was killed left undone is done by the next one.
 */
export async function bringOver(desk: WorkDesk, start: string): Promise<News | null> {
  const tree = treesOf(desk.log.events, SESSION, start).at(-1) ?? start;
  if (isInPlace(desk) !== true || tree === (takenTree(desk.log.events) ?? start)) return null;
  const news = await takeOver(desk, { start, tree, standing: true });
  desk.screen.person?.told(news);
  return news;
}

/** How a session ends that nobody attends, where its changes are not in the person's files as they wanted. */
export function notInPlace({ log }: WorkDesk, news: News | null): RunEnd | null {
  if (news === null || (news.kind === "done" && news.partly !== true)) return null;
  const text = "text" in news ? news.text : "";
  return {
    outcome: "workspace",
    reason: `the changes are not all in your files: ${text}`,
    hint: `the session has them: claw diff ${log.run}; claw apply ${log.run}`,
    pauses: true,
  };
}
