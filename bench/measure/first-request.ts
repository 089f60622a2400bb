import { makeHome, type Measurement } from "../desk.ts";
import { timesFloor } from "../row.ts";
import { session } from "../session.ts";
import { compared, interleaved, median } from "../statistics.ts";
import { idle } from "../trajectory.ts";

/** From the start of the process to the first request, with everything a fix does before: clone, ledger, baseline. */
export const firstRequest: Measurement = {
  name: "first-request",
  about: "process start to the first model request of claw fix",
  async run(desk) {
    const trajectory = idle(1);
    const proven = makeHome(desk.dir, "proven");
    const floorHome = makeHome(desk.dir, "first-floor");
    let visit = 0;
    const subjects = {
      floor: () => session({ subject: "floor", trajectory, home: floorHome }),
      claw: () => session({ subject: "claw", trajectory, home: proven }),
      unproven: () => session({ subject: "claw", trajectory, home: makeHome(desk.dir, `unproven-${visit++}`) }),
    };
    await interleaved(1, subjects);
    const results = await interleaved(desk.repeats(11, 4), subjects);
    const first = (name: keyof typeof subjects): number[] => results[name].map(({ firstRequestMs }) => firstRequestMs);
    return [
      {
        what: "first request, sandbox proven before",
        unit: "ms",
        ...compared(first("claw"), first("floor")),
        budget: timesFloor(1.8),
        note: "with a clone and a baseline run of the suite, which the floor does not have",
      },
      {
        what: "first request, very first run",
        unit: "ms",
        value: median(first("unproven")),
        note: "a new CLAW_HOME and compile cache: the sandbox proves itself, the ledger is made",
      },
    ];
  },
};
