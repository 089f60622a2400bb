import type { Confinement } from "./open.ts";

/** Nothing keeps commands within bounds: a person has said so at a terminal, for one run, and its record says it. */
export const bare: Confinement = {
  backend: "none",
  lacks: ["no-sandbox"],
  confined: (command) => command,
};
