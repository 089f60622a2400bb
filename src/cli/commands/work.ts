import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import type { PoolEnd, PoolNews } from "../../fleet/pool.ts";
import { plural } from "../../text.ts";
import { refuseStopped } from "../../workflows/stop.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { hasColours, styleFor } from "../style.ts";
import { beginAnew } from "../work/begin-anew.ts";
import { newsLine } from "../work/news.ts";
import { poolDesk } from "../work/pool-desk.ts";
import { untilOption } from "../work/until-option.ts";

export const work = command({
  options: [
    ["-j, --jobs <n>", "most sessions at once (default: work.jobs of config.yaml, else one per processor)"],
    ["--until <when>", "stop then, with the state saved: 06:00, 8h, 90min, or a date and time"],
    ["--drain", "end when no task is ready and none is due to be tried again"],
    ["--json", "print what happens, and last the result, as lines of JSON"],
  ],
  more: `Works on tasks that are ready, the most urgent first, until Ctrl-C or SIGTERM: then what runs is saved, and goes on when
somebody works again. Any number of these may run at once on one ledger: each task is worked on once.
What fails for a reason that may pass is tried again, later and later; after 5 tries without progress, or 3 crashes, it is
given up and kept for people: claw dlq list. Nothing that one task does keeps the others from being worked on.
When it had nothing to do for two minutes, or its memory has grown, it begins anew in its place and goes on (work: in config.yaml).

Examples:
  claw work --jobs 4
  claw work --until 06:00
  claw work --drain --json

Exit codes: 0 when it ended as asked, 13 with --drain where the queue is paused and tasks are left, 130 or 143 when it was interrupted, 24 when the ledger or the disk failed`,
  times: true,
  input: z.object({
    jobs: numberOption({ min: 1, max: 1000, whole: true }),
    until: untilOption(() => systemClock.now()),
    drain: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ jobs, until = null, drain, json }, desk) {
    const app = await desk.app();
    refuseStopped(app.config.home);
    const style = styleFor(hasColours(app.config, desk.terminal.stderr && desk.terminal.colour));
    const { runPool } = await import("../../fleet/pool.ts");
    const onNews = (news: PoolNews): void => {
      const scrubbed = JSON.parse(app.secrets.scrub(JSON.stringify(plain(news)))) as PoolNews;
      if (json) desk.out(JSON.stringify({ type: "work", version: 1, at: systemClock.now(), ...scrubbed }));
      else desk.err(newsLine(scrubbed, systemClock.now(), { style, times: desk.times }));
      if (news.kind === "ended" && news.error instanceof Error)
        desk.err(app.secrets.scrub(news.error.stack ?? news.reason));
    };
    const pool = await poolDesk(app, desk, { jobs, until, drain, onNews, signal: desk.signal });
    if (!json) desk.err(`at most ${plural(pool.most, "session")} at once; Ctrl-C saves and stops`);
    const end = await runPool(pool);
    if (end.why === "renewed") {
      beginAnew(until, { signal: desk.signal, config: app.config });
      return 0;
    }
    const result = { type: "result", version: 1, why: end.why, ...countsOf(end) };
    desk.out(json ? JSON.stringify(result) : summary(end));
    return codes[end.why] ?? 0;
  },
});

const codes: Partial<Record<PoolEnd["why"], number>> = {
  interrupted: exitCodes.interrupted,
  paused: exitCodes.blocked,
};

/** News without what is no data. */
const plain = (news: PoolNews): object => (news.kind === "ended" ? { ...news, error: undefined } : news);

function countsOf({ ends }: PoolEnd) {
  const outcomes: Record<string, number> = {};
  for (const { outcome, next } of ends)
    if (next === "finish" && outcome !== "nothing") outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const count = (kind: string): number => ends.filter((end) => end.next === kind).length;
  return { outcomes, again: count("again"), buried: count("bury"), lost: count("lost") };
}

const words: Readonly<Record<PoolEnd["why"], string>> = {
  drained: "nothing is left to do on this machine",
  deadline: "the time is up",
  interrupted: "interrupted: what ran is saved and goes on with the next claw work",
  gate: "somebody drains the queue: claw queue resume opens it again",
  paused: "tasks are left, and somebody has paused the queue: claw queue resume, then claw work --drain again",
  renewed: "it begins anew",
  stopped: "claw is stopped: claw stop --clear allows work again",
};

function summary(end: PoolEnd): string {
  const { outcomes, again, buried } = countsOf(end);
  const parts = [
    ...Object.entries(outcomes).map(([outcome, number]) => `${number} ${outcome}`),
    ...(again > 0 ? [`${plural(again, "try", "tries")} to be repeated`] : []),
    ...(buried > 0 ? [`${buried} given up (claw dlq list)`] : []),
  ];
  return `${words[end.why]}${parts.length > 0 ? `; ${parts.join(", ")}` : ""}`;
}
