import { ClawError } from "../errors.ts";
import type { Manifest } from "../policy/manifest.ts";
import type { House } from "./start.ts";

/** Where a run goes on, for the record. */
export const hostText = (): string => `${process.platform}-${process.arch} node-${process.versions.node}`;

/** Throws ClawError with outcome blocked where claw.yaml keeps the work to hosts with a label that this one has not. */
export function refuseOtherHost({ labels = [] }: Pick<House, "labels">, { host }: Manifest): void {
  if (host === undefined || labels.includes(host)) return;
  const label = JSON.stringify(host);
  throw new ClawError(`claw.yaml keeps work in this repository to hosts labelled ${label}, and this one is not`, {
    outcome: "blocked",
    hint: `work on it on such a host; the config.yaml of one that may has: work: { labels: [${label}] }`,
  });
}
