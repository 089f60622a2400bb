import { join } from "node:path";
import { z } from "zod";
import { containersOf } from "../../reach-settings.ts";
import { exitCodes } from "../../errors.ts";
import type { Examination } from "../../sandbox/examine.ts";
import { command } from "../command.ts";

export const sandbox = command({
  options: [["--json", "print one JSON object"]],
  more: `Opens a real sandbox and tries in it what no command may do: read beside the workspace, reach the host's network, write to
the kernel's settings, and so on. Then it lists what cannot be enforced on this machine, with a remedy each. It changes
nothing.

  level  full: everything is enforced; degraded: it contains, and what is listed is not enforced; none: claw refuses to work

Examples:
  claw doctor sandbox
  claw doctor sandbox --json

Exit codes: 0 the sandbox holds; 21 it does not, or there is none`,
  working: "trying to get out of the sandbox",
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, { app, out }) {
    const { config } = await app();
    const { examineSandbox } = await import("../../sandbox/examine.ts");
    const own = { path: config.path, home: config.userHome, stateDir: join(config.home, "sandbox") };
    const host = { ...own, ...containersOf(config.user.sandbox) };
    const found = await examineSandbox(host);
    if (json) out(JSON.stringify({ type: "sandbox", version: 1, ...withoutClash(found) }));
    else for (const line of lines(found)) out(line);
    return found.level === "none" ? exitCodes["sandbox-unavailable"] : 0;
  },
});

/** "version" is the format's own in every result object. */
const withoutClash = ({ version, ...rest }: Examination) => ({ ...rest, backendVersion: version });

function lines(found: Examination): string[] {
  const { backend, version, platform, kernel, uid, level, probes, degraded, refusal } = found;
  return [
    `level    ${level}`,
    `backend  ${backend}${version ? ` (${version})` : ""} on ${platform}, kernel ${kernel}, uid ${uid}`,
    ...(refusal ? [`refused  ${refusal.reason}`, `         ${refusal.remedy}`] : []),
    ...(probes.length > 0 ? ["", "no command can"] : []),
    ...probes.map(({ attempt, contained }) => `  ${contained ? "✓" : "✗ IT CAN"} ${attempt}`),
    ...(degraded.length > 0 ? ["", "not enforced on this machine"] : []),
    ...degraded.map(({ name, remedy }) => `  ${name}: ${remedy}`),
  ];
}
