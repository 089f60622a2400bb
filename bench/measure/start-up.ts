import { environment, makeHome, type Measurement, program } from "../desk.ts";
import { finish } from "../process.ts";
import { timesFloor } from "../row.ts";
import { compared, interleaved } from "../statistics.ts";

/** What a person waits for before anything happens. */
export const startUp: Measurement = {
  name: "start-up",
  about: "claw --version and --help against a Node process that does nothing",
  async run(desk) {
    const home = makeHome(desk.dir, "start-up");
    const launch = { cwd: home, env: environment(home) };
    const timed =
      (...args: string[]) =>
      async () => {
        const { exitCode, wallMs, stderr } = await finish(process.execPath, args, launch);
        if (exitCode !== 0) throw new Error(`node ${args.join(" ")}: exit ${exitCode}\n${stderr}`);
        return wallMs;
      };
    const subjects = { bare: timed("-e", "0"), version: timed(program, "--version"), help: timed(program, "--help") };
    // Once for nothing: the first start fills the compile cache.
    await interleaved(1, subjects);
    const { bare, version, help } = await interleaved(desk.repeats(31, 11), subjects);
    return [
      { what: "claw --version", unit: "ms", ...compared(version, bare), budget: timesFloor(2) },
      { what: "claw --help", unit: "ms", ...compared(help, bare), budget: timesFloor(2) },
    ];
  },
};
