import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { type Gate, setGate } from "../../fleet/gate.ts";
import { command } from "../command.ts";

/** A command that sets how the gate of the queue stands. */
const setting = (state: Gate["state"], told: string, more: string) =>
  command({
    options: [["--json", "print one JSON object"]],
    more,
    input: z.object({ json: z.boolean().default(false) }),
    async run({ json }, desk) {
      const app = await desk.app();
      const gate: Gate = { state, by: app.config.initiator, at: systemClock.now() };
      const before = await setGate(await app.ledger(), gate);
      if (json) return desk.out(JSON.stringify({ type: "gate", version: 1, state, before: before.state, by: gate.by }));
      desk.out(before.state === state ? `it was so already: ${told}` : told);
    },
  });

export const pause = setting(
  "paused",
  "workers begin nothing more, and wait; what runs goes on",
  `Workers on this ledger finish what they have and wait. To save and stop everything at once: claw stop.

Example:
  claw queue pause`,
);

export const resume = setting(
  "open",
  "workers may begin work",
  `Example:
  claw queue resume`,
);

export const drain = setting(
  "draining",
  "workers begin nothing more, and end when what runs is done; claw queue resume allows work again",
  `Every claw work on this ledger finishes what it has and ends, also those that are started later, until claw queue resume.

Example:
  claw queue drain`,
);
