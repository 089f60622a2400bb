import { headline, keepEnds, slug, stripInvisible } from "../../text.ts";
import type { WorkDesk } from "../workflow.ts";
import type { FixInput, Task } from "./input.ts";

/** More than this of an issue helps no session; the whole text stays in the record. */
const MAX_CHARACTERS = 24_000;

/** The first line of an issue that has words, without marks. */
export const titleOf = (text: string): string => headline(text.replace(/^[#\s>*-]+/, ""), 90) || "untitled";

/** The issue as data: without what nobody can see, and bounded. */
export async function intake(desk: WorkDesk, input: FixInput): Promise<Task> {
  const { text, stripped } = stripInvisible(await desk.log.text(input.text));
  const files = await filesNamed(desk, text);
  const body = keepEnds(text, MAX_CHARACTERS) + named(files);
  const title = titleOf(text);
  return {
    title,
    slug: slug(title, 36),
    source: input.source,
    body: desk.log.put(body),
    stripped,
    leftOut: Math.max(0, text.length - MAX_CHARACTERS),
    files,
  };
}

/** Files that a text is likely to be about: more are a listing. */
const MAX_FILES = 10;
const LONGEST_PATH = 300;

/** Files of the base whose path stands in the text, whole or as the end that no other file has. */
async function filesNamed({ clone }: WorkDesk, text: string): Promise<string[]> {
  const words = new Set(wordsLikePaths(text));
  if (words.size === 0) return [];
  const listed = (await clone.list(clone.base.tree)).map(({ path }) => path);
  // A path can hold any words; these are told as if they were claw's.
  const paths = listed.filter((path) => /^[\w@.+/-]+$/.test(path));
  const known = new Set(paths);
  const found = [...words].slice(0, 10 * MAX_FILES).flatMap((word) => {
    if (known.has(word)) return [word];
    const ending = paths.filter((path) => path.endsWith(`/${word}`));
    return ending.length === 1 ? ending : [];
  });
  return [...new Set(found)].slice(0, MAX_FILES);
}

/** Words of any length first, then what they look like: one pattern for both would take forever with a word of megabytes. */
const wordsLikePaths = (text: string): string[] =>
  [...text.matchAll(/[\w@.+/-]+/g)]
    .filter(([word]) => word.length <= LONGEST_PATH)
    .map(([word]) => word.replace(/^[./]+/, "").replace(/[.+/-]+$/, ""))
    .filter((word) => /\.[a-z]\w{0,7}$/i.test(word));

const named = (files: readonly string[]): string =>
  files.length === 0 ? "" : `\n\n(Files of the repository that it names: ${files.join(", ")})`;
