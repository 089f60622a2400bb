import { failure } from "../explain.ts";
import { add, type Block, block, type Sink, textOf } from "./dialect.ts";

/** A test that never gets a result, because its process ends in it. */
export interface Dying {
  /** The test that began and has not ended, as -v tells it. */
  running: string | null;
  death: { readonly id: string | null; readonly block: Block; readonly timedOut: boolean } | null;
}

export const beginDying = (): Dying => ({ running: null, death: null });

/** "Class::test[a::b]" in its parts; what stands in brackets stays whole. */
export function splitNode(text: string): string[] {
  const bracket = text.indexOf("[");
  const [before, after] = bracket === -1 ? [text, ""] : [text.slice(0, bracket), text.slice(bracket)];
  const parts = before.split("::");
  return [...parts.slice(0, -1), `${parts.at(-1) ?? ""}${after}`];
}

/** pytest-timeout's banner, and Python dying. Mutates what is given. */
export function dying(s: Dying, text: string, offset: number): void {
  const fatal = text.includes("Fatal Python error: ");
  const together = fatal ? /^(\S+\.py::\S.*?) +(Fatal Python error: .*)$/.exec(text) : null;
  const begun = together?.[1] ?? /^(\S+\.py::\S.*?) *$/.exec(text)?.[1];
  if (begun !== undefined && !/ (?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN)\b/.test(begun)) s.running = begun;
  const timedOut = /^\+{3,} Timeout \+{3,}$/.test(text);
  const dies = together !== null || (fatal && /^(?:\S+\.py [.FEsxX]*)?Fatal Python error: /.test(text));
  if (!s.death && (dies || (timedOut && s.running !== null)))
    s.death = { id: s.running, block: block(offset), timedOut };
  if (s.death && s.death.block.head.length < 60) add(s.death.block, together?.[2] ?? text);
}

/** The test in which the process ended: by -v, else by the trace that Python leaves. */
export function tellDeath({ death }: Dying, sink: Sink, isTold: (id: string) => boolean): void {
  if (!death) return;
  const text = textOf(death.block);
  const [, path = "", line, name = ""] = /File "([^"]+)", line (\d+) in (test\w*)/.exec(text) ?? [];
  const id = death.id ?? (name === "" ? null : `${path}::${name}`);
  if (id === null || isTold(id)) return;
  const [file = "", ...rest] = id.split("::");
  const titles = splitNode(rest.join("::"));
  sink.found(
    failure({
      format: "pytest",
      file,
      line: line !== undefined && titles.at(-1)?.startsWith(name) ? Number(line) : null,
      titles,
      offset: death.block.offset,
      text,
      message: death.timedOut ? "Timeout: the test did not end in its time" : (text.split("\n")[0] ?? ""),
      timedOut: death.timedOut,
    }),
  );
}
