import { leftAlone, type TriedFix } from "../../reports/triage-fixes.ts";
import { headline, printable } from "../../text.ts";
import type { CommandDesk } from "../command.ts";
import { hasColours, type Style, styleFor } from "../style.ts";
import { keepFlaky } from "./wanted-tasks.ts";
import { fixRegressions, type FixWish, type Triaged } from "./fix-regressions.ts";

/** Tries the fixes and tells which run fixed what. Gives the exit code of an interruption, else null. */
export async function fixAndTell(triaged: Triaged, wish: FixWish, desk: CommandDesk): Promise<number | null> {
  const { tried, interrupted } = await fixRegressions(triaged, wish, desk);
  const { secrets, config } = await desk.app();
  const left = leftAlone(triaged.failures);
  const flaky = [...(await keepFlaky(triaged, desk)).values()];
  const rest = interrupted === null ? null : `the rest of its fixes: claw resume ${triaged.run}`;
  if (wish.json) {
    const told = {
      type: "triage-fixes",
      version: 1,
      run: triaged.run,
      fixes: tried,
      leftAlone: left,
      flakyTasks: flaky,
    };
    desk.out(secrets.scrub(JSON.stringify(told)));
    if (rest !== null) desk.err(rest);
    return interrupted;
  }
  const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
  if (tried.length > 0) desk.out(style.strong("fixes"));
  for (const one of tried) for (const line of lines(one, style)) desk.out(secrets.scrub(line));
  if (tried.length === 0) desk.out("no regression, so nothing to fix");
  if (left !== "") desk.out(style.faint(`left alone, because only regressions are fixed: ${left}`));
  if (flaky.length > 0) desk.out(style.faint(`flaky, as tasks that nobody works on yet: ${flaky.join(", ")}`));
  if (rest !== null) desk.err(rest);
  if (tried.some(({ run }) => run !== null)) desk.err(`all runs of this: claw tree ${triaged.run}`);
  return interrupted;
}

function lines({ tests, task, run, outcome, reason }: TriedFix, style: Style): string[] {
  const more = tests.length > 1 ? ` and ${tests.length - 1} more` : "";
  const paint = outcome === "proven" ? style.good : style.warn;
  return [
    `${paint(outcome.padEnd(14))} ${style.strong(printable(tests[0] ?? ""))}${more}`,
    `  ${headline(printable(reason).replace(/\s+/g, " "), 200)}`,
    style.faint(run === null ? `  task ${task}: claw task show ${task}` : `  run ${run}: claw show ${run}`),
  ];
}
