import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { nanoOf } from "../../budgets.ts";
import { systemClock } from "../../clock.ts";
import { exitCodes, UsageError } from "../../errors.ts";
import { type Gate, readGate } from "../../fleet/gate.ts";
import type { NightWork } from "../../fleet/night.ts";
import { nightMarkdown } from "../../reports/night-markdown.ts";
import { headline, money, plural, printableLine } from "../../text.ts";
import { clockTime } from "../../times.ts";
import { refuseStopped } from "../../workflows/stop.ts";
import { command, type CommandDesk } from "../command.ts";
import { engineOption } from "../engine-choice.ts";
import { given } from "../fix-work.ts";
import { fixLimits } from "../fix-limits.ts";
import { collect } from "../nightly/collect.ts";
import { lookAtForge, type Seen } from "../nightly/look.ts";
import { type NightPlan, type NightTold, planNight, spendNight } from "../nightly/night-run.ts";
import { renderNight } from "../nightly/render.ts";
import { notifyOptions } from "../notify-options.ts";
import { numberOption } from "../number-option.ts";
import { repositoryHere } from "../prompts/lock.ts";
import { hasColours, styleFor } from "../style.ts";
import { untilOption } from "../work/until-option.ts";

const DEFAULT_PRS = 3;
const DEFAULT_USD = 10;
const DEFAULT_HOURS = 8;

export const nightly = command({
  options: [
    ["--max-prs <n>", `most draft pull requests (default: ${DEFAULT_PRS}); after them nothing more is begun`],
    ["--budget-usd <n>", `most money for all of it together, in US dollars (default: ${DEFAULT_USD})`],
    ["--until <when>", `stop then, with the state saved: 06:00, 8h, 90min (default: ${DEFAULT_HOURS}h)`],
    ["--label <name>", "take open issues with this label (default: claw)"],
    ["--no-issues", "take no issues from the forge"],
    ["--no-ci", "take no red CI workflows of the default branch"],
    ["-j, --jobs <n>", "works at once (default: 1)"],
    ["--engine <name>", "who patches what the forge asks for: native (a model) or search"],
    ["--model <name>", "the model for what the forge asks for"],
    ["--report <file>", "write the morning report as Markdown"],
    ...notifyOptions,
    ["--dry-run", "print what would be done and in which order, the forge asked as well; take and begin nothing"],
    ["--json", "print what happens, and last the report, as lines of JSON"],
  ],
  more: `One night in the repository you are in: takes labelled issues, red CI, due schedules and ready tasks, does them one after the
other, the most urgent first, and tells in the morning what came of each. It begins nothing that could not end in the time, or with
the money, that is left; what it stops goes on in the next night, and what was broken off goes on when it is called again.

A model that is not there is waited for. What needs a person waits for them, with the command to type.

Examples:
  claw nightly --max-prs 3 --budget-usd 20 --until 06:00
  claw nightly --dry-run
  claw nightly --until 90min --no-issues --no-ci --report night.md

Exit codes: 0 whatever became of the work; 13 a night is under way here; 21, 22, 24 the sandbox, the forge or the machine failed;
130, 143 interrupted`,
  times: true,
  input: z.object({
    maxPrs: numberOption({ min: 0, max: 1000, whole: true }),
    budgetUsd: numberOption({ min: 0.01, max: 100_000 }),
    until: untilOption(() => systemClock.now()),
    label: given,
    issues: z.boolean().default(true),
    ci: z.boolean().default(true),
    jobs: numberOption({ min: 1, max: 64, whole: true }),
    engine: engineOption,
    model: given,
    report: given,
    notify: z.boolean().optional(),
    dryRun: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run(input, desk) {
    const {
      maxPrs = DEFAULT_PRS,
      budgetUsd = DEFAULT_USD,
      label = "claw",
      issues,
      ci,
      jobs = 1,
      engine,
      model,
    } = input;
    const app = await desk.app();
    refuseStopped(app.config.home);
    const repository = await repositoryHere(app, desk.cwd);
    const place = { ...desk, cwd: repository.root, app };
    if (input.dryRun) {
      const seen = await lookAtForge(place, { label, issues, ci });
      const gate = await readGate(await app.ledger());
      const most = [plural(maxPrs, "draft pull request"), money(nanoOf(budgetUsd))].join(" and ");
      tellPlan({ ...(await planNight(place, repository.root, seen.work)), seen, gate, most }, input.json, desk);
      return seen.unavailable ? exitCodes[seen.unavailable.outcome] : 0;
    }
    const file = input.report === undefined ? null : resolve(desk.cwd, input.report);
    if (file !== null) await writable(file);
    const until = input.until ?? systemClock.now() + DEFAULT_HOURS * 3_600_000;
    const { usdNano, wallMs } = fixLimits({}, app.config.user);
    const flags = { ...(engine !== undefined && { engine }), ...(model !== undefined && { model }) };
    const report = await spendNight({
      place,
      repository,
      caps: { pullRequests: maxPrs, usdNano: nanoOf(budgetUsd), until },
      limits: { usdNano, wallMs },
      jobs,
      notify: input.notify,
      collect: () => collect(place, { root: repository.root, label, flags, issues, ci }),
      tell: input.json ? jsonTold(desk) : plainTold(desk),
    });
    const clean = app.secrets.scrub;
    const style = styleFor(hasColours(app.config, desk.terminal.stdout && desk.terminal.colour));
    desk.out(clean(input.json ? JSON.stringify({ type: "night", ...report }) : renderNight(report, style, desk.times)));
    if (file !== null) await writeFile(file, clean(nightMarkdown(report))).catch(refusedFor(file));
    return exitCodes[report.outcome];
  },
});

/** Found out before the night, not after it: a file that cannot be written. */
const writable = (file: string): Promise<void> => writeFile(file, "", { flag: "a" }).catch(refusedFor(file));

const refusedFor =
  (file: string) =>
  (error: Error): never => {
    throw new UsageError(`${file} cannot be written: ${error.message}`, "name a file in a folder that is there");
  };

interface ToldPlan extends NightPlan {
  readonly seen: Seen;
  readonly gate: Gate;
  /** What it may use. */
  readonly most: string;
}

function tellPlan(
  { work, duplicates, waiting, seen, gate, most }: ToldPlan,
  json: boolean,
  { out, err }: CommandDesk,
): void {
  const fresh = new Set(seen.work.map(({ task }) => task));
  const object = ({ kind, title, task, source, priority }: NightWork) => ({
    kind,
    title,
    task,
    source,
    priority,
    isNew: fresh.has(task),
  });
  if (json) {
    const rest = { waiting: waiting.map(({ task, title, openRun }) => ({ task, title, run: openRun })) };
    const about = {
      work: work.map(object),
      duplicates: duplicates.length,
      ...rest,
      gate: gate.state,
      notes: seen.notes,
    };
    return out(JSON.stringify({ type: "night-plan", version: 1, ...about }));
  }
  for (const [index, { kind, title, source, task }] of work.entries()) {
    const where = `${kind}, ${headline(source, 80)}${fresh.has(task) ? ", new" : ""}`;
    out(printableLine(`${index + 1}. ${headline(title, 80)}  (${where})`));
  }
  for (const { title, openRun } of waiting)
    out(printableLine(`waits for a person: ${headline(title, 80)}: claw approve ${openRun}`));
  for (const note of seen.notes) err(printableLine(note));
  if (gate.state !== "open")
    err(printableLine(`the queue is ${gate.state} by ${gate.by}: nothing begins until claw queue resume`));
  err(work.length === 0 ? "nothing is wanted here" : `${plural(work.length, "task")}; at most ${most}`);
}

const plainTold = ({ err, times }: CommandDesk): NightTold => ({
  begins: (night, work, goesOn) =>
    err(`night ${night}${goesOn ? " goes on" : ""}: ${plural(work.length, "task")}; Ctrl-C saves and stops`),
  work: ({ title, kind, task }) => err(printableLine(`… ${headline(title, 80)}  (${kind}, ${task})`)),
  run: (_, run) => err(`  run ${run}: claw log ${run} --follow`),
  ends: (_, outcome, reason) => err(printableLine(`  ${outcome}${reason === "" ? "" : `: ${headline(reason, 160)}`}`)),
  waits: (until, reason) =>
    err(
      printableLine(
        `  ${until === null ? "waits" : `nothing can be done until ${clockTime(until, times)}`}: ${headline(reason, 120)}`,
      ),
    ),
  untold: (channel, reason) => err(printableLine(`  nobody was told by ${channel}: ${reason}; see claw doctor notify`)),
});

function jsonTold({ out }: CommandDesk): NightTold {
  const tell = (kind: string, rest: object): void =>
    out(JSON.stringify({ type: "night-news", version: 1, at: systemClock.now(), kind, ...rest }));
  return {
    begins: (night, work, goesOn) => tell("begins", { night, goesOn, work: work.map(({ task }) => task) }),
    work: ({ task, title }) => tell("work", { task, title }),
    run: ({ task }, run) => tell("run", { task, run }),
    ends: ({ task }, outcome, reason) => tell("ends", { task, outcome, reason }),
    waits: (until, reason) => tell("waits", { until, reason }),
    untold: (channel, reason) => tell("untold", { channel, reason }),
  };
}
