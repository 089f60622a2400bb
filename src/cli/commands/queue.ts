import { family } from "../command.ts";
import { drain, pause, resume } from "../queue/gates.ts";
import { stats } from "../queue/stats.ts";

export const queue = family([
  ["stats", "Say what waits, runs, was given up and is done", stats],
  ["pause", "Let workers begin nothing more, and wait", pause],
  ["resume", "Let workers go on", resume],
  ["drain", "Let workers finish what they have, and end", drain],
]);
