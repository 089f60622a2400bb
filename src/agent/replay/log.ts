import { Overdrawn } from "../../errors.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger, RunLog } from "../../ledger/ledger.ts";
import { shaOf } from "../../ledger/staged.ts";
import type { Script } from "./script.ts";

/** A log that stores nothing: each fact is compared with the record, bodies are looked up there. */
export function replayLog(run: string, script: Script, ledger: Pick<Ledger, "bytes">): RunLog {
  const events: Recorded[] = [...script.stretch.before];
  const bodies = new Map<string, Uint8Array>();
  const put = (body: string | Uint8Array): string => {
    const data = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const sha = shaOf(data);
    bodies.set(sha, data);
    return sha;
  };
  const bytes = async (sha: string): Promise<Uint8Array> => bodies.get(sha) ?? ledger.bytes(sha);
  const appendTogether: RunLog["appendTogether"] = async (facts) => {
    const due = script.peek();
    // Accounts are not asked again: where the record says that a budget was in the way, it is in the way.
    if (due?.type === "session.ended" && due.reason === "over-budget" && facts[0]?.type === "model.requested")
      throw new Overdrawn({ scope: due.limit ?? "run", limit: 0, spent: 0, reserved: 0, asked: 0 });
    const taken = facts.map((fact) => script.take(fact));
    events.push(...taken);
    return taken;
  };
  return {
    run,
    events,
    head: "",
    put,
    putJson: (value) => put(JSON.stringify(value)),
    bytes,
    text: async (sha) => new TextDecoder().decode(await bytes(sha)),
    appendTogether,
    append: async (fact) => (await appendTogether([fact]))[0] as Recorded,
    charge: () => {},
    along: () => {},
    lost: new AbortController().signal,
    listen: () => {},
    close: () => Promise.resolve(),
  };
}
