import { join } from "node:path";
import { containersOf } from "../../reach-settings.ts";
import { examineSandbox } from "../../sandbox/examine.ts";
import { type Check, findingOf, ok, problem, warning } from "./finding.ts";

const CHECK = "sandbox";

/** Tries to break out of the sandbox that runs would get. */
export const sandboxHere: Check = async (desk) => {
  const { config } = await desk.app();
  try {
    const own = { path: config.path, home: config.userHome, stateDir: join(config.home, "sandbox") };
    const found = await examineSandbox({ ...own, ...containersOf(config.user.sandbox) });
    const { backend, version, level, probes, degraded, refusal } = found;
    const open = probes.filter(({ contained }) => !contained);
    if (refusal) return [problem(CHECK, refusal.reason, refusal.remedy, "sandbox-unavailable")];
    if (open.length > 0)
      return open.map(({ attempt }) =>
        problem(
          CHECK,
          `a command can ${attempt}`,
          "no run starts here: see claw doctor sandbox",
          "sandbox-unavailable",
        ),
      );
    const held = `${version ?? backend}, ${level}: none of ${probes.length} ways out is open`;
    return [ok(CHECK, held), ...degraded.map(({ name, remedy }) => warning(CHECK, `${name} is not enforced`, remedy))];
  } catch (error) {
    return [findingOf(CHECK, error)];
  }
};
