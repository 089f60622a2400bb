import { z } from "zod";
import type { Ledger } from "../ledger/ledger.ts";

/** May workers take work? `draining`: they finish what they have, take nothing more, and end. */
const Gate = z.object({
  state: z.enum(["open", "paused", "draining"]),
  by: z.string(),
  /** Milliseconds since the epoch. */
  at: z.int(),
});
export type Gate = z.infer<typeof Gate>;

/** The note that all workers look at. Lost with it is only that somebody had closed the gate. */
const KEY = "queue:gate";
const OPEN: Gate = { state: "open", by: "", at: 0 };

export const readGate = (ledger: Pick<Ledger, "change">): Promise<Gate> =>
  ledger.change(KEY, (body) => ({ body, result: gateIn(body) }));

/** Opens or closes the gate for every worker of this ledger. Gives how it was. */
export const setGate = (ledger: Pick<Ledger, "change">, gate: Gate): Promise<Gate> =>
  ledger.change(KEY, (body) => ({
    body: gate.state === "open" ? null : JSON.stringify(gate),
    result: gateIn(body),
  }));

function gateIn(body: string | null): Gate {
  if (body === null) return OPEN;
  try {
    return Gate.parse(JSON.parse(body));
  } catch {
    return OPEN; // what nobody can read keeps nobody from working
  }
}
