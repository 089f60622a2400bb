import { makeHome, type Measurement } from "../desk.ts";
import { atMost } from "../row.ts";
import { session } from "../session.ts";
import { compared, interleaved } from "../statistics.ts";
import { idle } from "../trajectory.ts";

const SAMPLE_MS = 10;

/** Most memory the claw process itself holds; the commands it runs are not counted. */
export const memory: Measurement = {
  name: "memory",
  about: "peak resident memory of the claw process over a session",
  async run(desk) {
    const rounds = desk.repeats(3, 1);
    const home = makeHome(desk.dir, "memory");
    const floorHome = makeHome(desk.dir, "memory-floor");
    const row = async (length: number) => {
      const plan = { trajectory: idle(length), sampleMs: SAMPLE_MS };
      const { claw, floor } = await interleaved(rounds, {
        claw: () => session({ ...plan, subject: "claw", home }),
        floor: () => session({ ...plan, subject: "sandboxed-floor", home: floorHome }),
      });
      const megabytes = (peaks: readonly { peakKb: number }[]): number[] => peaks.map(({ peakKb }) => peakKb / 1024);
      const figures = compared(megabytes(claw), megabytes(floor));
      return { what: `peak memory, ${length} turns`, unit: "MB", ...figures, budget: atMost(110) };
    };
    return [await row(20), await row(100)];
  },
};
