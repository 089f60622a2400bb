import { failureSignature } from "./failure-signature.ts";
import type { Found } from "./readers/dialect.ts";

/** Failures of one cause. */
export interface FailureGroup {
  readonly signature: string;
  /** The one that says most. */
  readonly example: Found;
  readonly members: readonly Found[];
}

/** Groups failures by what caused them, the largest group first; of two alike the one that was told first. */
export function groupFailures(all: readonly Found[]): FailureGroup[] {
  const groups = new Map<string, Found[]>();
  for (const found of all) {
    const signature = failureSignature(found);
    const group = groups.get(signature);
    if (group) group.push(found);
    else groups.set(signature, [found]);
  }
  const telling = (members: readonly Found[]): Found =>
    members.reduce((best, each) => (each.message.length > best.message.length * 2 ? each : best));
  return [...groups]
    .map(([signature, members]) => ({ signature, members, example: telling(members) }))
    .toSorted((a, b) => b.members.length - a.members.length);
}

/** What a failing test is called where runs are compared: file and titles, or the suite where no file is known. */
export function testName({ file, suite, titles }: Pick<Found, "file" | "suite" | "titles">): string {
  const before = file ?? (suite !== null && titles[0] !== suite ? suite : null);
  return [...(before === null ? [] : [before]), ...titles].join(" > ");
}
