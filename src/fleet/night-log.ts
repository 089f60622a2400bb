import { z } from "zod";
import type { Ledger, RunLog } from "../ledger/ledger.ts";
import type { Repository } from "../repo/repository.ts";
import { foldRun, ofType } from "../views/run.ts";
import { foldSpend, shownCost } from "../views/spend.ts";
import { conduct } from "../workflows/conduct.ts";
import { NIGHT, type Notices, tellPeople } from "../workflows/notices.ts";
import type { FinishedRun, House } from "../workflows/start.ts";
import { hostText } from "../workflows/this-host.ts";
import type { RunEnd } from "../workflows/workflow.ts";
import type { NightUse } from "../policy/night.ts";

/** What a night was begun with. */
const NightInput = z.object({
  caps: z.object({ pullRequests: z.int(), usdNano: z.int().nullable(), until: z.int() }),
});
export type NightInput = z.infer<typeof NightInput>;

type Here = Pick<House, "ledger" | "version" | "initiator" | "clock">;

/** A night on record, to be gone on with or just begun. */
export interface OpenNight {
  readonly log: RunLog;
  readonly caps: NightInput["caps"];
  /** Of a night that was broken off: what its runs used. */
  readonly used: NightUse;
  /** Of such a night: the work that it ended, and with which run. */
  readonly done: readonly z.infer<typeof Done>[];
  readonly goesOn: boolean;
}

/** What is kept of a work that ended. */
const Done = z.object({ task: z.string(), run: z.string().nullable(), outcome: z.string(), reason: z.string() });

/** Begins a night on the newest commit of a repository. */
export async function beginNight(house: Here, repository: Repository, input: NightInput): Promise<OpenNight> {
  const log = await house.ledger.open(house.clock.newId());
  const { caps } = input;
  await log.append({
    type: "run.started",
    workflow: NIGHT,
    input,
    version: house.version,
    host: hostText(),
    initiator: house.initiator,
    identity: await repository.identity().catch(() => null),
    repository: repository.root,
    base: repository.head,
    model: null,
    limits: {
      usdNano: caps.usdNano,
      turns: 0,
      tokens: 0,
      wallMs: Math.max(0, caps.until - house.clock.now()),
      attempts: 1,
    },
    manifest: null,
    prompts: {},
  });
  return { log, caps, used: { pullRequests: 0, usdNano: 0 }, done: [], goesOn: false };
}

/**
 * Goes on with a night whose process went away, or that a person stopped: with the caps it had, of which its runs have used
 * some. Null where it is over, or its time is: then it is ended.
 */
export async function reopenNight(house: Here, night: string, runs: readonly string[]): Promise<OpenNight | null> {
  const log = await house.ledger.open(night);
  const { started, status } = foldRun(log.events);
  const input = NightInput.safeParse(started?.input);
  if (!input.success || status === "ended" || input.data.caps.until <= house.clock.now()) {
    if (started && status !== "ended")
      await log.append({ type: "run.ended", outcome: "interrupted", reason: "it was broken off", hint: "" });
    await log.close();
    return null;
  }
  await log.append({ type: "run.resumed", host: hostText() });
  const done = ofType(log.events, "stage.finished").map(({ output }) => Done.parse(output));
  const all = new Set([...runs, ...done.flatMap(({ run }) => run ?? [])]);
  return { log, caps: input.data.caps, used: await usedBy(house.ledger, [...all]), done, goesOn: true };
}

/** What runs cost and opened. A cost that nobody knows counts as none: tokens, turns and time limit such runs. */
async function usedBy(ledger: Ledger, runs: readonly string[]): Promise<NightUse> {
  let [pullRequests, usdNano] = [0, 0];
  for (const run of runs) {
    const { events } = await ledger.read(run);
    usdNano += shownCost(foldSpend(events)) ?? 0;
    pullRequests += ofType(events, "effect.done").some(({ effect }) => effect === "pull-request") ? 1 : 0;
  }
  return { pullRequests, usdNano };
}

interface NightTelling {
  readonly signal: AbortSignal;
  readonly notices: Notices | null;
  /** What all works cost, in US dollars, as far as it is known by then. */
  readonly cost: () => number | null;
}

/** Tells the night's story to its end, which is recorded, and told to people. */
export async function conductNight(
  { log }: OpenNight,
  { signal, notices, cost }: NightTelling,
  story: () => Promise<RunEnd>,
): Promise<FinishedRun> {
  const tell = async (end: RunEnd): Promise<void> =>
    notices ? tellPeople(log, end, notices, { usd: cost() }) : undefined;
  return { run: log.run, ...(await conduct(log, AbortSignal.any([signal, log.lost]), story, tell)) };
}
