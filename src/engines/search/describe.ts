import { headline, plural } from "../../text.ts";
import type { Lab } from "./lab.ts";
import { countOf, rankOfFirst, type Tally } from "./tally.ts";
import type { Verdict } from "./validate.ts";

/** What was found, for a reviewer: where it came from, and how far it can be trusted. */
export function describeFind(
  { failing, files }: Pick<Lab, "failing" | "files">,
  { candidate, heldOut }: Verdict,
  tally: Tally,
): string {
  const { path, line, start, end, text, operator, suspicious } = candidate;
  const before = files.find((file) => file.path === path)?.text.slice(start, end) ?? "";
  const change =
    before === ""
      ? `put in "${oneLine(text)}"`
      : text === ""
        ? `took out "${oneLine(before)}"`
        : `"${oneLine(before)}" became "${oneLine(text)}"`;
  return [
    "Found by search, not by understanding: review it.",
    "",
    `In ${path}, line ${line}, ${change} (${operator}). The first that passed the tests was number ${rankOfFirst(tally)} of ${plural(tally.verdicts.length, "change")} tried; ${countOf(tally.verdicts, "plausible")} passed.`,
    failing.length > 1
      ? `${failing.length} failing tests pass with it.`
      : "Weak: one failing input. A second, different one would say more.",
    heldOut > 0
      ? `${plural(heldOut, "test")} kept back from the search ${heldOut === 1 ? "passes" : "pass"} with it too.`
      : "No passing test was left to keep back from the search.",
    ...(suspicious
      ? ["Suspicious: changes that delete a statement or return a constant often hide a bug instead of mending it."]
      : []),
  ].join("\n");
}

const oneLine = (text: string): string => headline(text.replace(/\s+/g, " "), 80);
