import { z } from "zod";
import type { App } from "../../app.ts";
import { ClawError } from "../../errors.ts";
import type { Forge, Place, PullRequest } from "../../forge/forge.ts";
import { placeName, readIssueName } from "../../forge/place.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { resultOf } from "../../reports/result.ts";
import { money, plural, printable } from "../../text.ts";
import { acceptance, fateOf, type PullRequestFate } from "../../views/fate.ts";
import { latest } from "../../views/run.ts";
import { foldSpend, shownCost } from "../../views/spend.ts";
import { command, type CommandDesk } from "../command.ts";
import { writing } from "../decision.ts";
import { forgeFor } from "../forge-issue.ts";
import { numberOption } from "../number-option.ts";
import { readRun } from "../run-id.ts";

interface Row {
  readonly run: string;
  readonly url: string;
  readonly fate: PullRequestFate;
  /** Nano-dollars; null when part of it has no known price. */
  readonly cost: number | null;
}

export const outcomes = command({
  options: [
    ["-n, --number <n>", "how many of the newest runs are looked at (default: 200)"],
    ["--json", "print one object per pull request, and last the sum"],
  ],
  more: `Reads, records and tells what people did with each pull request of claw's: accepted, accepted with edits (their commits
after claw's are kept as a diff), rejected, superseded, reverted, or still pending. Changes nothing on the forge.

Examples:
  claw outcomes
  claw outcomes -n 20 --json

Exit codes: 0 told, also when there is none; 22 the forge does not answer`,
  working: "asking the forge",
  input: z.object({
    number: numberOption({ min: 1, max: 100_000, whole: true }),
    json: z.boolean().default(false),
  }),
  async run({ number = 200, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const rows: Row[] = [];
    const places = asked(desk, app);
    const untold = new Map<string, ClawError>();
    for (const { run } of await ledger.newest(number)) {
      const row = await follow(places, await app.ledger(), run).catch((error: unknown) => {
        if (!(error instanceof ClawError) || desk.signal.aborted) throw error;
        untold.set(error.message, error);
        return null;
      });
      if (!row) continue;
      rows.push(row);
      const { cost, ...told } = row;
      if (json)
        desk.out(JSON.stringify({ type: "pull-request", version: 1, ...told, usd: cost === null ? null : cost / 1e9 }));
      else desk.out(`${row.fate.padEnd(19)}  ${row.run}  ${money(cost).padStart(9)}  ${row.url}`);
    }
    const { accepted, decided, perAccepted } = acceptance(rows);
    if (json)
      desk.out(
        JSON.stringify({
          type: "outcomes",
          version: 1,
          accepted,
          decided,
          usdPerAccepted: perAccepted === null ? null : perAccepted / 1e9,
        }),
      );
    else if (rows.length > 0) {
      const each = perAccepted === null ? "" : `; ${money(perAccepted)} for each accepted one`;
      desk.out(`${accepted} of ${plural(decided, "decided pull request")} accepted${each}`);
    } else if (untold.size === 0) desk.err("no pull requests yet; open one with: claw fix 123, or: claw publish <run>");
    refuseUntold([...untold.values()], desk);
  },
});

/** One forge that does not answer, or one pull request that is gone, hides no others: they are named when those are told. */
function refuseUntold(errors: readonly ClawError[], desk: CommandDesk): void {
  const down = errors.find(({ outcome }) => outcome !== "usage");
  for (const error of errors) if (error !== down) desk.err(`left out: ${printable(error.message)}`);
  if (down) throw down;
}

/** A forge and its newest pull requests, asked for once; where it does not answer, nothing more is asked there. */
type Asked = (place: Place) => Promise<{
  readonly forge: Forge;
  readonly others: readonly PullRequest[];
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>;
}>;

function asked(desk: CommandDesk, app: App): Asked {
  const known = new Map<string, ReturnType<Asked>>();
  return (place) => {
    const name = placeName(place);
    const there = known.get(name) ?? ask(desk, app, place);
    known.set(name, there);
    return there;
  };
}

async function ask(desk: CommandDesk, app: App, place: Place): ReturnType<Asked> {
  const forge = await forgeFor(app, desk, place);
  let down: ClawError | undefined;
  const answered = async <T>(question: () => Promise<T>): Promise<T> => {
    if (down) throw down;
    try {
      return await question();
    } catch (error) {
      if (error instanceof ClawError && error.outcome !== "usage") down = error;
      throw error;
    }
  };
  return { forge, others: await forge.pullRequests(), ask: answered };
}

/** Looks at the pull request of a run, and records what is new; null for a run without one. */
async function follow(places: Asked, ledger: Ledger, run: string): Promise<Row | null> {
  const facts = await readRun(ledger, run);
  const { pullRequest: url, commit } = resultOf(facts);
  const name = url ? readIssueName(url) : null;
  if (!url || !name?.place || commit === null) return null;
  const { forge, others, ask: answered } = await places(name.place);
  const { state, edits } = await answered(() => forge.followUp(name.number, commit));
  const body = others.find((pull) => pull.number === name.number)?.body ?? "";
  const issue = Number(/ issue=(\d+) -->/.exec(body)?.[1] ?? 0) || null;
  const pull = { number: name.number, state, body, edited: edits !== null };
  const fate = fateOf(pull, { place: placeName(name.place), issue, others });
  if (latest(facts.events, "pull-request.followed")?.fate !== fate)
    await writing(ledger, run, (log) =>
      log.append({ type: "pull-request.followed", url, fate, edits: edits === null ? null : log.put(edits) }),
    );
  return { run, url, fate, cost: shownCost(foldSpend(facts.events)) };
}
