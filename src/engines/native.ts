import { converse } from "../agent/converse.ts";
import type { Engine } from "./engine.ts";

/** claw's own loop. */
export const native: Engine = {
  name: "native",
  async patch({ session, agent, signal }) {
    return converse(await session(), await agent(), signal);
  },
};
