import { family } from "../command.ts";
import { forge } from "../doctor/forge.ts";
import { machine } from "../doctor/machine.ts";
import { notify } from "../doctor/notify.ts";
import { sandbox } from "../doctor/sandbox.ts";

export const doctor = family(
  [
    ["sandbox", "Try to break out of the sandbox on this machine, and say what it lacks", sandbox],
    ["forge", "Say what the forge's credential could do, and whether that is more than claw needs", forge],
    ["notify", "Send a test notification through every configured channel", notify],
  ],
  machine,
);
