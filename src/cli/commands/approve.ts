import { z } from "zod";
import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { openRepository } from "../../repo/repository.ts";
import { fixFacts } from "../../reports/fix-facts.ts";
import { resultOf } from "../../reports/result.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { readRun } from "../run-id.ts";

const WEEK_MS = 7 * 24 * 3_600_000;

export const approve = command({
  arguments: "<run>",
  options: [
    ["--by <name>", "who approves (default: who commits in the repository by its git settings, else your login name)"],
  ],
  more: "The approval holds for exactly the change that claw diff shows, for seven days. claw resume then goes on.",
  input: z.object({ run: z.string(), by: z.string().trim().min(1, "must not be empty").optional() }),
  async run({ run: prefix, by }, { app, out }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const facts = await readRun(ledger, prefix);
    const { run, repository, status, outcome, gates } = resultOf(facts);
    const diff = fixFacts(facts.events).patch?.diff;
    if (status !== "paused" || outcome !== "waiting" || diff === undefined) {
      throw new UsageError(`run ${run} waits for no approval (${outcome ?? status})`, `see it with: claw show ${run}`);
    }
    const name = by ?? (await committer(opened.config, repository)) ?? loginName(opened.config);
    if (name === null) {
      throw new UsageError("nobody is named as the one who approves", `say who: claw approve ${run} --by "Your Name"`);
    }
    const log = await ledger.open(run);
    try {
      await log.append({ type: "approval.given", by: name, diff, expires: systemClock.now() + WEEK_MS });
    } finally {
      await log.close();
    }
    const asked = gates
      .filter(({ verdict }) => verdict === "ask")
      .map(({ gate, reasons }) => `  ${gate}: ${reasons.join("; ")}`);
    out(`${printable(name)} approves the change ${diff.slice(0, 12)} of run ${run} for seven days`);
    for (const line of asked) out(printable(line));
    out(`  go on with: claw resume ${run}`);
  },
});

/** Who commits in the repository of the run; null when its settings do not say, or it cannot be read any more. */
const committer = ({ path: searchPath, userHome: home }: Config, repository: string): Promise<string | null> =>
  openRepository(repository, { searchPath, home })
    .then((opened) => opened.identity())
    .catch(() => null);

/** Null for a shared account: it is nobody in particular. */
const loginName = ({ initiator }: Config): string | null =>
  initiator === "unknown" || initiator === "root" ? null : initiator;
