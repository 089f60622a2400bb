import { keepEnds, within } from "../../text.ts";
import { latest } from "../../views/run.ts";
import type { WorkDesk } from "../workflow.ts";

const GUIDES = ["AGENTS.md", "CLAUDE.md"];
const MAX_GUIDE = 6000;

/** What a session is told about where it is: stable within a run, so that prompts share their beginning. */
export function environmentText(desk: WorkDesk, testCommand: string | null): string {
  const tests = testCommand === null ? "" : ` Its tests are run with: ${testCommand}.`;
  return `You are at commit ${desk.clone.base.commit.slice(0, 12)} of a git repository, on Linux.${tests}`;
}

/** What an earlier run on the same task came to; empty where there was none, or it did not end in vain. */
export async function notesText({ log }: Pick<WorkDesk, "log">): Promise<string> {
  const offered = latest(log.events, "notes.offered");
  return offered ? `\n${await log.text(offered.notes)}\n` : "";
}

/** The repository's own guide for contributors, from the base commit, as data with its origin. It grants nothing. */
export async function guideText(desk: WorkDesk): Promise<string> {
  const { clone } = desk;
  const found = await Promise.all(
    GUIDES.map(async (path) => ({ path, guide: await clone.read(clone.base.tree, path) })),
  );
  const first = found.find(({ guide }) => guide && guide.length > 0);
  if (!first?.guide) return "";
  const text = keepEnds(first.guide.toString("utf8").trim(), MAX_GUIDE);
  return `\nThe repository's ${first.path}, as data:\n${within("guide", text)}\n`;
}
