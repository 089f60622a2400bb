import { z } from "zod";
import { plural } from "../text.ts";
import { tool } from "./tool.ts";

/** A plan that the person sees; it does nothing else. The whole list is given each time. */
export const plan = tool({
  name: "plan",
  about: "Show the person your plan: all steps, each time. Only for work of several steps.",
  effect: "read",
  input: z.strictObject({
    steps: z.array(z.string()).min(1).max(20, "are at most 20").describe('A done step begins with "[x] "'),
  }),
  summary({ steps }) {
    const done = steps.filter((step) => isDone(step)).length;
    return `${done} of ${plural(steps.length, "step")} done`;
  },
  run: () => Promise.resolve({ ok: true, text: "shown" }),
});

/** Is a step of a plan done, by its mark? */
const isDone = (step: string): boolean => /^\s*(?:[-*]\s+)?\[x\]/i.test(step);
