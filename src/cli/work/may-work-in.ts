import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "../../policy/manifest.ts";

/** A claw.yaml above this size, in bytes, is not read here. */
const MOST = 2 ** 20;

/**
 * May a host with these labels work in the repository at `path`, as far as the claw.yaml of its working tree says? A file that
 * is not there or cannot be read asks for nothing: the run itself reads that of its base commit, and says what is wrong with it.
 */
export function mayWorkIn(path: string, labels: readonly string[]): boolean {
  const host = hostOf(join(path, "claw.yaml"));
  return host === undefined || labels.includes(host);
}

function hostOf(file: string): string | undefined {
  try {
    // A repository may hold a link to what never ends.
    const about = lstatSync(file);
    return about.isFile() && about.size <= MOST ? readManifest(readFileSync(file, "utf8")).host : undefined;
  } catch {
    return undefined;
  }
}
