import { headline, printable } from "../../text.ts";
import { type Times, dayAndTime } from "../../times.ts";
import type { ScheduleState } from "../../views/schedule.ts";

/** A schedule for programs. */
export const scheduleObject = ({ name, says, status, ...rest }: ScheduleState) => ({
  type: "schedule",
  version: 1,
  name,
  status,
  ...says,
  ...rest,
});

/** A schedule for people, in two lines. */
export function scheduleLine(
  { name, says, status, due, enabledBy, last, proposed }: ScheduleState,
  times: Times,
): string {
  const next =
    status === "enabled" && due > 0 ? `next ${dayAndTime(due, times)}` : status === "enabled" ? "has ended" : status;
  const by = enabledBy ? `enabled by ${enabledBy.by}${proposed === null ? "" : ", as claw.yaml proposes it"}` : "";
  const before = last ? `last ${dayAndTime(last.at, times)}, task ${last.task}` : "never run yet";
  return printable(
    `${name}  ${says.cron ?? says.rrule ?? ""} (${says.zone})  ${next}\n  ${says.workflow}: ${headline(says.title)}\n  ${[by, before].filter(Boolean).join("; ")}`,
  );
}
