import { z } from "zod";
import { SandboxUnavailable } from "../../errors.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";

/** The exit code of a sandbox that refuses: a script can tell it from a command that failed. */
const REFUSED = 126;

export const sandbox = command({
  arguments: "<command...>",
  options: [
    ["--network <which>", "none or host (default: none)"],
    ["--timeout <seconds>", "most time (default: 600)"],
  ],
  more: `Runs a command on a private copy of HEAD of the current repository, as a session of a run would. What it writes is
thrown away. It has no standard input.

Examples:
  claw sandbox -- npm test
  claw sandbox --timeout 30 -- bash -c 'env; id; ls -la ~'

Exit codes: the command's own; 128+n for signal n; 124 out of time; 125 another limit; 126 no sandbox; 127 no such command`,
  passThrough: true,
  input: z.object({
    command: z.array(z.string()).min(1, "is missing"),
    network: z.enum(["none", "host"], { error: "must be none or host" }).default("none"),
    timeout: numberOption({ min: 1, max: 86_400 }),
  }),
  async run({ command: argv, network, timeout = 600 }, { app, cwd, bytes, err, signal }) {
    const { inPrivateRoom } = await import("../../workflows/private-room.ts");
    const opened = await app();
    const plan = { cwd, network, limits: { wallMs: timeout * 1000 } };
    try {
      return await inPrivateRoom(await opened.house(cwd), plan, async ({ sandbox: box }) => {
        if (box.degraded.length > 0) err(`claw-sandbox: not enforced on this machine: ${box.degraded.join(", ")}`);
        const { exitCode, killed } = await box.exec(argv, { merge: true, signal, onOutput: bytes });
        if (killed) err(`claw-sandbox: stopped (${killed})`);
        return exitCode;
      });
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      err(`claw-sandbox: ${error.message}\n  ${error.hint}`);
      return REFUSED;
    }
  },
});
