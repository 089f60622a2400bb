import { family } from "../command.ts";
import { approve } from "../prompts/approve.ts";
import { diff } from "../prompts/diff.ts";
import { list } from "../prompts/list.ts";

export const prompts = family([
  ["list", "List the prompts of this release, and who approved them for this repository", list],
  ["diff", "Show what changed in prompts since they were approved", diff],
  ["approve", "Approve prompts for this repository, in claw.lock", approve],
]);
