import { family } from "../command.ts";
import { drop, list, prune, retry, show } from "../queue/dead.ts";

export const dlq = family([
  ["list", "List jobs that were given up", list],
  ["show", "Show every try at one", show],
  ["retry", "Try one again, or all", retry],
  ["drop", "Forget one", drop],
  ["prune", "Forget old ones", prune],
]);
