import { normalize } from "node:path";
import { UsageError } from "../errors.ts";
import { openBeneath, readStart } from "./beneath.ts";

/** The first `maxBytes` bytes of a regular file below /tmp of a sandbox, whose /tmp is `tmp` on the host; null when there is none. */
export async function collectFile(tmp: string, path: string, maxBytes: number): Promise<Buffer | null> {
  if (!path.startsWith("/tmp/") || path.endsWith("/") || normalize(path) !== path) {
    throw new UsageError(`${path} cannot be collected: only files below /tmp can`, "let the command write it to /tmp");
  }
  const file = await openBeneath(tmp, path.slice("/tmp/".length));
  if (!file) return null;
  try {
    return await readStart(file, maxBytes);
  } finally {
    await file.close();
  }
}
