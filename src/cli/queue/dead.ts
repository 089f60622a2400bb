import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Job } from "../../store/queue.ts";
import { headline, plural, printable } from "../../text.ts";
import { foldTask } from "../../views/task.ts";
import { dayAndTime, dayOf } from "../../times.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { moment } from "../task/task-object.ts";

/** Dead jobs are looked through so far. */
const MANY = 100_000;

const deadJobs = (ledger: Ledger, limit = MANY): Promise<readonly Job[]> => ledger.queue.jobs({ state: "dead", limit });

/** The dead job that its id, its task or the beginning of either names. */
async function findDead(ledger: Ledger, prefix: string): Promise<Job> {
  const found = (await deadJobs(ledger)).filter(
    ({ id, subject }) => id.startsWith(prefix) || subject.startsWith(prefix) || subject.startsWith(`t-${prefix}`),
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new UsageError(
    found.length > 1 ? `several dead jobs begin with ${prefix}` : `there is no dead job ${JSON.stringify(prefix)}`,
    "list them with: claw dlq list",
  );
}

const titleOf = async (ledger: Ledger, { subject }: Job): Promise<string> =>
  foldTask((await ledger.read(subject)).events)?.title ?? "";

const deadObject = (job: Job, title: string) => ({
  type: "dead" as const,
  version: 1 as const,
  job: job.id,
  task: job.subject,
  title,
  reason: job.history.at(-1)?.reason ?? "",
  died: moment(job.ended),
  tries: job.tries,
  crashes: job.crashes,
  history: job.history.map(({ from, to, ...rest }) => ({ ...rest, from: moment(from), to: moment(to) })),
});

export const list = command({
  options: [
    ["-n, --number <n>", "how many (default: 50)"],
    ["--json", "print one object per line, each with its history"],
  ],
  more: `Jobs that were given up: too many tries, or a worker that went away each time. Newest first.

Examples:
  claw dlq list
  claw dlq list --json`,
  times: true,
  input: z.object({ number: numberOption({ min: 1, max: MANY, whole: true }), json: z.boolean().default(false) }),
  async run({ number = 50, json }, desk) {
    const ledger = await (await desk.app()).ledger();
    const jobs = await deadJobs(ledger, number);
    if (jobs.length === 0 && !json) return desk.err("nothing was given up");
    for (const job of jobs) {
      const dead = deadObject(job, await titleOf(ledger, job));
      const line = `${dead.job}  ${dead.task}  ${dayOf(job.ended, desk.times)}  ${headline(dead.title, 50)}: ${headline(dead.reason, 80)}`;
      desk.out(json ? JSON.stringify(dead) : printable(line));
    }
  },
});

export const show = command({
  arguments: "<job>",
  options: [["--json", "print one JSON object"]],
  more: `The job is named by its id or its task's, or the beginning of either. Shows every try: when, who, and how it ended.

Example:
  claw dlq show t-3fk2`,
  times: true,
  input: z.object({ job: z.string(), json: z.boolean().default(false) }),
  async run({ job: prefix, json }, desk) {
    const ledger = await (await desk.app()).ledger();
    const job = await findDead(ledger, prefix);
    const title = await titleOf(ledger, job);
    if (json) return desk.out(JSON.stringify(deadObject(job, title)));
    desk.out(printable(`${job.id}  ${job.subject}  ${title}`));
    for (const { from, how, owner, reason } of job.history)
      desk.out(
        printable(`  ${dayAndTime(from, desk.times)}  ${how.padEnd(8)}${reason}${owner === "" ? "" : ` (${owner})`}`),
      );
    desk.out(`try it again: claw dlq retry ${job.id}; its task: claw task show ${job.subject}`);
  },
});

/** Without jobs of tasks that were closed since: that a job is tried again opens no task. */
async function stillOpen(ledger: Ledger, jobs: readonly Job[]): Promise<readonly Job[]> {
  const open: Job[] = [];
  for (const job of jobs) if (foldTask((await ledger.read(job.subject)).events)?.status !== "closed") open.push(job);
  return open;
}

export const retry = command({
  arguments: "[job]",
  options: [
    ["--all", "every one that was given up"],
    ["--json", "print one JSON object"],
  ],
  more: `It is tried again with its tries counted anew; its history stays. One whose task is closed is left alone.

Examples:
  claw dlq retry t-3fk2
  claw dlq retry --all`,
  input: z.object({ job: z.string().optional(), all: z.boolean().default(false), json: z.boolean().default(false) }),
  async run({ job: prefix, all, json }, desk) {
    if (all === (prefix !== undefined))
      throw new UsageError("say which job, or --all", "list them with: claw dlq list");
    const app = await desk.app();
    const ledger = await app.ledger();
    const found = prefix === undefined ? await deadJobs(ledger) : [await findDead(ledger, prefix)];
    const jobs = await stillOpen(ledger, found);
    const [first] = found;
    if (prefix !== undefined && jobs.length === 0 && first)
      throw new UsageError(
        `the task ${first.subject} is closed`,
        `claw task reopen ${first.subject}, or claw dlq drop ${first.id}`,
      );
    const by = app.config.initiator;
    const revived = await ledger.queue.redrive(
      jobs.map(({ id }) => id),
      systemClock.now(),
    );
    for (const { id, subject } of jobs)
      if (revived.includes(id)) await ledger.tellTask(subject, [{ type: "task.reopened", reason: "tried again", by }]);
    if (json) return desk.out(JSON.stringify({ type: "retry", version: 1, jobs: revived }));
    desk.out(`${plural(revived.length, "job")} ready again`);
  },
});

export const drop = command({
  arguments: "<job>",
  options: [["--json", "print one JSON object"]],
  more: `Forgets the job. Its task stays, given up: claw task close or claw task reopen.

Example:
  claw dlq drop t-3fk2`,
  input: z.object({ job: z.string(), json: z.boolean().default(false) }),
  async run({ job: prefix, json }, desk) {
    const ledger = await (await desk.app()).ledger();
    const { id, subject } = await findDead(ledger, prefix);
    const dropped = await ledger.queue.drop([id]);
    if (json) return desk.out(JSON.stringify({ type: "drop", version: 1, jobs: dropped }));
    desk.out(`job ${id} is forgotten; its task is still there: claw task show ${subject}`);
  },
});

const DAY_MS = 24 * 3_600_000;

export const prune = command({
  options: [
    ["--days <n>", "those given up longer ago than so many days (default: 30)"],
    ["--json", "print one JSON object"],
  ],
  more: `Forgets dead jobs that are old, and done ones of more than a week ago. Tasks and runs stay.

Example:
  claw dlq prune --days 7`,
  input: z.object({ days: numberOption({ min: 0, max: 10_000 }), json: z.boolean().default(false) }),
  async run({ days = 30, json }, desk) {
    const ledger = await (await desk.app()).ledger();
    const now = systemClock.now();
    const pruned = await ledger.queue.prune({ done: now - 7 * DAY_MS, dead: now - days * DAY_MS });
    desk.out(json ? JSON.stringify({ type: "prune", version: 1, pruned }) : `${plural(pruned, "job")} forgotten`);
  },
});
