import { languageOf } from "../engines/search/languages.ts";
import { type Node, openReaders, type Reader, walk } from "../engines/search/parse.ts";
import type { SuitePlan } from "../suite/suite.ts";
import { isTestConfigPath, isTestPath } from "../suite/test-paths.ts";
import type { Room } from "./sandboxes.ts";
import type { WorkDesk } from "./workflow.ts";

/** Processor time, in seconds, that uninterrupted work on one file may take before its loops are stopped. */
const LIMIT = 2;
const MAX_FILES = 400;
const MAX_BYTES = 200_000;

/** What a stopped loop throws: always the same, so that two runs fail alike. */
const NEVER_ENDS = "stopped: a loop in this file never ends";

/**
 * Called in every turn of every loop and by every function of a file. It measures processor time, which no test fakes and
 * which does not depend on what else the machine does, within one stretch of uninterrupted work: from its 256th call to the
 * next microtask. Who has waited once does not wait as long again. It throws, so that only that test fails; and
 * again in every turn of the same stretch, for loops that catch what is thrown in them.
 */
const guard = (seconds: number): string => `
;function __clawTurn() {
  const own = __clawTurn;
  own.turns = (own.turns ?? 0) + 1;
  if (own.turns % 256 !== 0 && !own.over) return;
  const { user, system } = process.cpuUsage();
  if (own.since === undefined) {
    own.since = user + system;
    Promise.resolve().then(() => { own.since = undefined; own.over = false; });
  } else if (own.over || user + system - own.since > (own.limit ?? ${seconds * 1e6})) {
    own.limit = ${seconds * 3e5};
    own.over = true;
    throw new Error("${NEVER_ENDS}");
  }
}
`;

/** A JavaScript or TypeScript text whose loops end, with all lines where they were; the text itself when it has none, or does not parse. */
export function guardLoops(reader: Reader, text: string, seconds: number = LIMIT): string {
  if (reader.language.indented || !reader.accepts(text)) return text;
  const bodies = [...walk(reader.parse(text))].filter(
    ({ role, field, parent }) =>
      field === "body" && (parent?.role === "loop" || (parent?.role === "function" && role === "block")),
  );
  if (!bodies.some(({ parent }) => parent?.role === "loop")) return text;
  const pieces = bodies.flatMap(around).toSorted(([a], [b]) => b - a);
  return pieces.reduce((done, [at, piece]) => done.slice(0, at) + piece + done.slice(at), text) + guard(seconds);
}

/** What is put where around the body of a loop or a function; a body without braces gets some. */
const around = ({ role, start, end }: Node): [number, string][] =>
  role === "block"
    ? [[start + 1, "__clawTurn();"]]
    : [
        [start, "{__clawTurn();"],
        [end, "}"],
      ];

/** What gives the texts of sources as they run when some test never ends and the runner cannot stop it; null when that is not so. */
export function loopGuards(
  plan: SuitePlan,
  seconds?: number,
): ((path: string, text: string) => Promise<string>) | null {
  if (!plan.hangs || plan.runner === "pytest" || plan.runner === "generic") return null;
  const readers = openReaders();
  return async (path, text) => {
    const language = isTestPath(path) || isTestConfigPath(path) ? undefined : languageOf(path);
    return language && !language.indented ? guardLoops(await readers(language), text, seconds) : text;
  };
}

/** Makes the loops end of the sources in a room that holds `tree`, where that is needed. */
export async function guardRoom(
  { clone, signal }: WorkDesk,
  { tree, room, guards }: { tree: string; room: Room; guards: ReturnType<typeof loopGuards> },
): Promise<void> {
  if (!guards) return;
  const pieces: string[] = [];
  const sources = (await clone.list(tree)).filter(
    ({ path, size, mode }) =>
      mode.startsWith("100") && (size ?? 0) < MAX_BYTES && languageOf(path) && /^[\w@+.,=/ -]+$/.test(path),
  );
  for (const { path } of sources.slice(0, MAX_FILES)) {
    const text = (await clone.read(tree, path))?.toString("utf8") ?? "";
    const guarded = await guards(path, text);
    if (guarded !== text) pieces.push(`${Buffer.byteLength(guarded)} ${path}\n${guarded}`);
  }
  const write = 'while read -r bytes path; do head -c "$bytes" >"$path" || exit 1; done';
  if (pieces.length > 0) await room.sandbox.exec(["/bin/bash", "-c", write], { signal, stdin: pieces.join("") });
}
