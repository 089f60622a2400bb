import { sandbox } from "../doctor/sandbox.ts";
import { family } from "../command.ts";

export const doctor = family([
  ["sandbox", "Try to break out of the sandbox on this machine, and say what it lacks", sandbox],
]);
