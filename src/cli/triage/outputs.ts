import { appendFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { triageAnnotations, triageJunit, triageSarif } from "../../reports/triage-files.ts";
import { triageMarkdown } from "../../reports/triage-markdown.ts";
import type { TriageReport } from "../../reports/triage-rows.ts";
import type { CommandDesk } from "../command.ts";
import { hasColours, styleFor } from "../style.ts";
import { renderTriage } from "./render.ts";

/** Where the verdicts go besides the terminal. */
export interface Outputs {
  readonly json: boolean;
  readonly junit?: string | undefined;
  readonly sarif?: string | undefined;
  readonly markdown?: string | undefined;
}

/** Tells what was found: in the terminal or as JSON, in the files that are asked for, and where GitHub Actions shows it. */
export async function tellTriage(report: TriageReport, outputs: Outputs, desk: CommandDesk): Promise<void> {
  const { config, version, secrets } = await desk.app();
  const put = async (path: string | undefined, text: () => string): Promise<void> => {
    if (path === undefined) return;
    await writeFile(resolve(desk.cwd, path), secrets.scrub(text())).catch((error: Error) => {
      throw new UsageError(`${path} cannot be written: ${error.message}`, "name a file in a folder that is there");
    });
  };
  await put(outputs.junit, () => triageJunit(report));
  await put(outputs.sarif, () => `${JSON.stringify(triageSarif(report, version), null, 2)}\n`);
  await put(outputs.markdown, () => triageMarkdown(report));
  const { actions } = config;
  if (actions?.summary !== undefined)
    await appendFile(actions.summary, secrets.scrub(triageMarkdown(report))).catch((error: Error) =>
      desk.err(`the summary of the step cannot be written: ${error.message}`),
    );
  if (outputs.json) return desk.out(secrets.scrub(JSON.stringify({ type: "triage", version: 1, ...jsonOf(report) })));
  const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
  const columns = desk.terminal.stdout ? desk.terminal.columns : 200;
  for (const line of renderTriage(report, style, columns)) desk.out(secrets.scrub(line));
  if (actions) for (const line of triageAnnotations(report)) desk.out(secrets.scrub(line));
}

function jsonOf({ run, head, base, failures, groups, notes, totals }: TriageReport): Record<string, unknown> {
  return {
    run,
    head,
    base,
    totals,
    groups: groups.map(({ signature, verdict, members }) => ({
      signature,
      verdict,
      count: members.length,
      tests: members.slice(0, 1000).map(({ test }) => test),
    })),
    failures,
    notes,
  };
}
