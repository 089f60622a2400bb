import { family } from "../command.ts";
import { init } from "../fleet/init.ts";
import { push } from "../fleet/push.ts";
import { status } from "../fleet/status.ts";

export const fleet = family([
  ["init", "Make the ledger in a database that machines share, and say what each of them needs", init],
  ["push", "Take this machine's runs and tasks over into the database", push],
  ["status", "Say which machines work on what, and what waits", status],
]);
