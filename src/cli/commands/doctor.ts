import { forge } from "../doctor/forge.ts";
import { sandbox } from "../doctor/sandbox.ts";
import { family } from "../command.ts";

export const doctor = family([
  ["sandbox", "Try to break out of the sandbox on this machine, and say what it lacks", sandbox],
  ["forge", "Say what the forge's credential could do, and whether that is more than claw needs", forge],
]);
