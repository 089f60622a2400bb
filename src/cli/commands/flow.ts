import { family } from "../command.ts";
import { check } from "../flow/check.ts";
import { run } from "../flow/run.ts";

export const flow = family([
  ["run", "Do the steps of a flow file, each a run of its own", run],
  ["check", "Check a flow file, and tell what it takes and does", check],
]);
