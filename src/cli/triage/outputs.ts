import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import { triageAnnotations, triageJunit, triageSarif } from "../../reports/triage-files.ts";
import { triageMarkdown } from "../../reports/triage-markdown.ts";
import type { TriageReport } from "../../reports/triage-rows.ts";
import { matchesGlob } from "../../text.ts";
import type { CommandDesk } from "../command.ts";
import { hasColours, styleFor } from "../style.ts";
import { ownerOf, quarantineYaml } from "./quarantine.ts";
import { keepFlaky } from "./wanted-tasks.ts";
import { renderTriage } from "./render.ts";

/** Where the verdicts go besides the terminal. */
export interface Outputs {
  readonly json: boolean;
  readonly junit?: string | undefined;
  readonly sarif?: string | undefined;
  readonly markdown?: string | undefined;
  readonly quarantine?: string | undefined;
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
  const codeowners = outputs.quarantine === undefined ? "" : await codeownersAt(desk.cwd);
  const ownedBy = (file: string | null): string | null => ownerOf(file, codeowners, matchesGlob);
  const { run, failures } = report;
  const tasks = outputs.quarantine === undefined || run === null ? new Map() : await keepFlaky({ run, failures }, desk);
  await put(outputs.quarantine, () =>
    quarantineYaml(failures, { at: systemClock.now(), ownerOf: ownedBy, run, tasks }),
  );
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

function jsonOf({
  run,
  head,
  base,
  failures,
  groups,
  notes,
  totals,
  explanation,
}: TriageReport): Record<string, unknown> {
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
    ...(explanation && { explanation }),
  };
}

/** The CODEOWNERS file of the folder, where GitHub looks for it; empty when there is none. */
async function codeownersAt(cwd: string): Promise<string> {
  for (const place of [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]) {
    const text = await readFile(join(cwd, place), "utf8").catch(() => null);
    if (text !== null) return text;
  }
  return "";
}
