import { family } from "../command.ts";
import { add } from "../task/add.ts";
import { change, close, reopen } from "../task/change.ts";
import { exportTasks, importTasks } from "../task/exchange.ts";
import { link } from "../task/link.ts";
import { list, ready } from "../task/list.ts";
import { show } from "../task/show.ts";

export const task = family([
  ["add", "Add wanted work: an issue, a file or a text", add],
  ["list", "List tasks, the most urgent first", list],
  ["ready", "List what could be begun right now", ready],
  ["show", "Show a task and its history", show],
  ["change", "Change a task's title, priority, labels, due date, or hold it", change],
  ["close", "Close a task", close],
  ["reopen", "Open a task again", reopen],
  ["link", "Say how a task depends on another", link],
  ["import", "Take in tasks from a file, claw's or Beads'", importTasks],
  ["export", "Print all tasks, one per line", exportTasks],
]);
