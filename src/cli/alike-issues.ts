import type { ForgeIssue, OpenIssue } from "../forge/forge.ts";
import { isTestPath } from "../suite/test-paths.ts";
import { stripInvisible } from "../text.ts";

type Told = Pick<ForgeIssue, "number" | "title" | "body">;

/** Another open issue that may tell of the same, and what speaks for it. */
export interface Alike {
  readonly issue: OpenIssue;
  readonly because: string;
  /** It says the same word for word, and was there before: not a guess any more. */
  readonly isTwin: boolean;
}

/**
 * Which open issues may tell of the same fault: by all their words, by their title however it is spelt, or by a test file that
 * both name. Only an older one is a twin: whoever copies an issue keeps nobody from working on it.
 */
export function alikeIssues(told: Told, open: readonly OpenIssue[]): readonly Alike[] {
  const [title, words, tests] = [plainTitle(told), wordsOf(told), testsNamed(told)];
  return open.flatMap((issue) => {
    if (issue.number === told.number) return [];
    if (words !== null && wordsOf(issue) === words)
      return [{ issue, because: "it says the same word for word", isTwin: issue.number < told.number }];
    if (title !== "" && plainTitle(issue) === title)
      return [{ issue, because: "it has the same title", isTwin: false }];
    const shared = testsNamed(issue).find((test) => tests.includes(test));
    return shared === undefined ? [] : [{ issue, because: `it names ${shared}, too`, isTwin: false }];
  });
}

/** Letters and digits in one case: "Fix: Sum([])" and "fix sum" are one title. */
const plainTitle = ({ title }: Told): string =>
  stripInvisible(title)
    .text.normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** Title and text without what nobody sees; null where a title is all there is. */
function wordsOf({ title, body }: Told): string | null {
  const plain = (text: string): string => stripInvisible(text).text.replaceAll(/\s+/g, " ").trim();
  return plain(body) === "" ? null : `${plain(title)}\n${plain(body)}`;
}

/** None begins amid a word: that keeps the time short on a long text without blanks. */
const paths = /(?<![\w@./-])[./]*([\w@-][\w@./-]*\.\w+)/g;

const testsNamed = ({ title, body }: Told): readonly string[] =>
  [...`${title}\n${body}`.matchAll(paths)].map(([, path = ""]) => path).filter(isTestPath);
