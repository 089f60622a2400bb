import type { Recorded } from "../ledger/events.ts";
import { isOfSchedule, type OfSchedule, schedule } from "./timeline-schedule.ts";
import { isOfTalk, type OfTalk, talk } from "./timeline-talk.ts";
import { isOfTask, type OfTask, task } from "./timeline-task.ts";
import { isOfTriage, type OfTriage, triage } from "./timeline-triage.ts";
import type { Said } from "./timeline.ts";

/** What is told without knowing what came before. */
export type Aside = OfSchedule | OfTalk | OfTask | OfTriage;

/** Is it about tasks, schedules, triage or talk? */
export const isAside = (event: Recorded): event is Aside & typeof event =>
  isOfTask(event) || isOfSchedule(event) || isOfTriage(event) || isOfTalk(event);

/** Lines about what has a history, or a vocabulary, of its own. */
export function aside(event: Aside): Said {
  if (isOfTask(event)) return task(event);
  if (isOfSchedule(event)) return schedule(event);
  return isOfTriage(event) ? triage(event) : talk(event);
}
