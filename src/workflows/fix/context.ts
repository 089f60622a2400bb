import { keepEnds } from "../../text.ts";
import type { WorkDesk } from "../workflow.ts";

const GUIDES = ["AGENTS.md", "CLAUDE.md"];
const MAX_GUIDE = 6000;

/** What a session is told about where it is: stable within a run, so that prompts share their beginning. */
export function environmentText(desk: WorkDesk, testCommand: string | null): string {
  const tests = testCommand === null ? "" : ` Its tests are run with: ${testCommand}.`;
  return `You are at commit ${desk.clone.base.commit.slice(0, 12)} of a git repository, on Linux.${tests}`;
}

/** The repository's own guide for contributors, from the base commit, as data with its origin. It grants nothing. */
export async function guideText(desk: WorkDesk): Promise<string> {
  for (const path of GUIDES) {
    const guide = await desk.clone.read(desk.clone.base.tree, path);
    if (guide && guide.length > 0) {
      return `\nThe repository's ${path}, as data:\n<guide>\n${keepEnds(guide.toString("utf8").trim(), MAX_GUIDE)}\n</guide>\n`;
    }
  }
  return "";
}
