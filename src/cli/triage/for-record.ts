import type { ReadReport } from "./read-files.ts";

/** Of very many failures less of each is kept. */
const MOST_KEPT = 8 * 2 ** 20;

/** A report as a run keeps it: its digest is a body of its own, put away by `put`, which gives its hash. */
export function forRecord({ source, bytes, digest }: ReadReport, put: (body: string) => string) {
  const room = Math.max(200, Math.floor(MOST_KEPT / (digest.found.length + 1)));
  const found = digest.found.map((one) => ({
    ...one,
    excerpt: one.excerpt.slice(0, room),
    stack: one.stack.slice(0, room),
    message: one.message.slice(0, room),
  }));
  const { formats, passed, failed, skipped, notes, complete } = digest;
  return {
    source,
    bytes,
    formats,
    found: found.length,
    passed,
    failed,
    skipped,
    notes,
    complete,
    digest: put(JSON.stringify({ ...digest, found })),
  };
}
