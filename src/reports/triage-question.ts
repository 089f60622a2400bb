import { plural } from "../text.ts";
import { groupLetter, type TriageGroup } from "./triage-rows.ts";

/** Groups that are explained; of more a model would read for longer than it helps. */
const MOST_GROUPS = 12;
const MOST_CHARACTERS = 700;

/** Text that cannot end the marks it stands between. */
const quoted = (text: string): string => text.replaceAll(/<<<|>>>/g, "…");
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)} …` : text);

/** What a model is told of judged failures: per group a letter, the verdict, why, which tests, and what they said. */
export function triageQuestion(groups: readonly TriageGroup[]): string {
  const told = groups.slice(0, MOST_GROUPS).flatMap(({ verdict, members }, index) => {
    const [first] = members;
    if (!first) return [];
    const names = members.slice(0, 4).map(({ test }) => cut(test, 160));
    const more = members.length > 4 ? ` and ${members.length - 4} more` : "";
    const blame = first.firstBad
      ? `\nfirst bad commit: ${first.firstBad.commit.slice(0, 12)} ${cut(first.firstBad.subject, 120)}`
      : "";
    return [
      `${groupLetter(index)}. ${verdict}: ${first.because}\ntests: ${names.join("; ")}${more}${blame}\n${cut(first.message, MOST_CHARACTERS)}`,
    ];
  });
  const left = groups.length - MOST_GROUPS;
  return quoted([...told, ...(left > 0 ? [`… and ${plural(left, "more group")}`] : [])].join("\n\n"));
}
