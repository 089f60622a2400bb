import { LedgerBroken, Redacted } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { Sha } from "./events.ts";
import { shaOf } from "./staged.ts";

/** Bodies as they lie in the store, looked up by their hashes. */
export interface StoredBodies {
  /** Throws Redacted when a person had it taken out, LedgerBroken when it is missing, or is not what its name says. */
  bytes(sha: Sha): Promise<Uint8Array>;
  text(sha: Sha): Promise<string>;
  /** Keeps a text that belongs to no run. Scrubbed like any other. */
  keep(text: string): Promise<Sha>;
}

export function storedBodies(store: Store, scrub: (text: string) => string): StoredBodies {
  const bytes = async (sha: Sha): Promise<Uint8Array> => {
    const data = await store.blob(sha);
    if (!data && (await store.isDropped(sha))) throw new Redacted(sha);
    if (!data)
      throw new LedgerBroken(
        `body ${sha.slice(0, 12)} is not in the ledger`,
        "the ledger is damaged: look with claw audit verify",
      );
    if (shaOf(data) !== sha)
      throw new LedgerBroken(
        `body ${sha.slice(0, 12)} is not what its name, its hash, says`,
        "the ledger was changed after it was written: look with claw audit verify",
      );
    return data;
  };
  return {
    bytes,
    text: async (sha) => new TextDecoder().decode(await bytes(sha)),
    keep: async (text) => {
      const data = new TextEncoder().encode(scrub(text));
      const sha = shaOf(data);
      await store.append({ rows: [], blobs: [{ sha, data }], durable: false });
      return sha;
    },
  };
}
