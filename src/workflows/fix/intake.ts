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
  const body = keepEnds(text, MAX_CHARACTERS);
  const title = titleOf(text);
  return {
    title,
    slug: slug(title, 36),
    source: input.source,
    body: desk.log.put(body),
    stripped,
    leftOut: Math.max(0, text.length - MAX_CHARACTERS),
  };
}
