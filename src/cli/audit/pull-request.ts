import { UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { ofType } from "../../views/run.ts";

/** Runs that are looked through, newest first. */
const RECENT = 100_000;

/** Is it a pull request that is named: by its address, or like #12? */
export const namesPullRequest = (what: string): boolean => /^https?:\/\/|^#\d+$/.test(what);

/** The run whose record says that it opened a pull request. Nobody is asked but the ledger. */
export async function runOfPullRequest(ledger: Ledger, what: string): Promise<string> {
  const wanted = what.startsWith("#")
    ? `/${what.slice(1)}`
    : what.replace(/[?#].*$/, "").replace(/\/(?:files|commits)?\/?$/, "");
  const found = new Map<string, string>();
  for (const { run } of await ledger.newest(RECENT)) {
    const { events } = await ledger.read(run).catch(() => ({ events: [] }));
    const opened = ofType(events, "effect.done").find(({ effect }) => effect === "pull-request")?.result;
    if (opened !== undefined && (opened === wanted || (wanted.startsWith("/") && opened.endsWith(wanted))))
      found.set(run, opened);
  }
  const [only] = found.keys();
  if (only !== undefined && found.size === 1) return only;
  if (only === undefined) {
    throw new UsageError(
      `no run of this ledger opened ${what}`,
      "it was opened by hand, or on another machine: ask about its commit, or there for claw audit export",
    );
  }
  throw new UsageError(
    `several runs opened a pull request ${what}`,
    `name its address: ${[...found.values()].slice(0, 3).join(", ")}`,
  );
}
