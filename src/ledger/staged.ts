import { hash } from "node:crypto";
import type { Blob } from "../store/store.ts";
import type { Sha } from "./events.ts";

/** The name of a body: SHA-256, hex. */
export const shaOf = (data: Uint8Array): Sha => hash("sha256", data);

/** Bodies that wait for the event that makes them durable. */
export interface Staged {
  put(data: Uint8Array): Sha;
  /** The body as long as it waits. */
  find(sha: Sha): Uint8Array | undefined;
  /** Hands all waiting bodies to `write`; they wait again, in their order, if it fails. */
  flush(write: (blobs: readonly Blob[]) => Promise<void>): Promise<void>;
}

export function stagedBodies(): Staged {
  let waiting: readonly Blob[] = [];
  return {
    put(data) {
      const sha = shaOf(data);
      waiting = [...waiting, { sha, data }];
      return sha;
    },
    find: (sha) => waiting.find((blob) => blob.sha === sha)?.data,
    async flush(write) {
      const blobs = waiting;
      waiting = [];
      try {
        await write(blobs);
      } catch (error) {
        waiting = [...blobs, ...waiting];
        throw error;
      }
    },
  };
}

/** A value as JSON. Its strings are scrubbed before they are quoted: no secret hides behind an escape, and none breaks the quotes. */
export const scrubbedJson = (value: unknown, scrub: (text: string) => string): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? scrub(part) : part));

/** Secrets are plain ASCII, so bytes can be looked through as Latin-1 whatever they are. */
export function withoutValues(bytes: Uint8Array, scrub: ((text: string) => string) | undefined): Uint8Array {
  if (!scrub) return bytes;
  const text = Buffer.from(bytes).toString("latin1");
  const clean = scrub(text);
  return clean === text ? bytes : Buffer.from(clean, "latin1");
}
