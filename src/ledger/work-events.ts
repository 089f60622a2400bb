import { scheduleEvents } from "./schedule-events.ts";
import { taskEvents } from "./task-events.ts";

/** What can happen to wanted work, and to what wants it by the clock. */
export const workEvents = [...taskEvents, ...scheduleEvents] as const;
