import { family } from "../command.ts";
import { add } from "../schedule/add.ts";
import { disable, enable, remove, run } from "../schedule/change.ts";
import { list } from "../schedule/list.ts";

export const schedule = family([
  ["add", "Add a task again and again, by the clock, and enable it", add],
  ["list", "List schedules, when they come next, and what claw.yaml proposes", list],
  ["enable", "Let a schedule happen that was disabled, or that claw.yaml proposes", enable],
  ["disable", "Keep a schedule from happening", disable],
  ["run", "Add a schedule's task now", run],
  ["remove", "Forget a schedule", remove],
]);
