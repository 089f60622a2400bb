import { createHash } from "node:crypto";
import { z } from "zod";

/** How many lines an export has besides those that sign it, and their SHA-256, hex. */
export const SignedLines = z.strictObject({ count: z.int(), sha256: z.string() });
export type SignedLines = z.infer<typeof SignedLines>;

const signing: readonly string[] = ["key", "envelope"];

/** Sums up the lines of an export in their order, each as compact JSON: a file that was only laid out anew stays the same. */
export function lineDigest() {
  const digest = createHash("sha256");
  let count = 0;
  return {
    add(line: { readonly type: string }): void {
      if (signing.includes(line.type)) return;
      digest.update(`${JSON.stringify(line)}\n`);
      count += 1;
    },
    sum: (): SignedLines => ({ count, sha256: digest.copy().digest("hex") }),
  };
}
