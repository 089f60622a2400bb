import { plural } from "../text.ts";
import { type Change, type ChangedFile, type Gate, type Judgement, pass, unless } from "./gate.ts";

export const tamper: Gate = {
  name: "tamper",
  about: "the proof is not bent: the reproduction, other tests, test settings and CI stay as they are",
  judge(change) {
    const blocked = unless("block", [...change.files.flatMap((file) => bending(file, change)), ...vanished(change)]);
    if (blocked.verdict === "block") return blocked;
    return rewritten(change);
  },
};

function bending(file: ChangedFile, { reproduction }: Change): string[] {
  const { path, kind, status } = file;
  if (reproduction.includes(path)) return [`${path} is the frozen reproduction and was ${status}`];
  if (kind === "test" && status === "deleted") return [`the test file ${path} was deleted`];
  if (kind === "test" && status === "modified" && skips(file.after) > skips(file.before))
    return [`${path} now skips or focuses tests`];
  if (kind === "test-config") return [`${path} steers how tests run and was ${status}`];
  if (kind === "ci") return [`${path} belongs to CI and was ${status}`];
  if (path.split("/").at(-1) === "package.json" && testScripts(file.before) !== testScripts(file.after)) {
    return [`the test scripts of ${path} were changed`];
  }
  return [];
}

const skips = (text: string | null): number =>
  (
    text?.match(
      /\b(?:it|test|describe|suite|context)\.(?:skip|only|todo|skipIf|fixme)\b|\bx(?:it|describe|test)\(|\bf(?:it|describe)\(|@(?:pytest\.mark|unittest)\.(?:skip|xfail)|\bpytest\.skip\(/g,
    ) ?? []
  ).length;

/** The scripts of a package.json that take part in testing, in canonical form. */
function testScripts(text: string | null): string {
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    const manifest = parsed as { scripts?: Record<string, string>; jest?: unknown; mocha?: unknown; vitest?: unknown };
    const scripts = Object.entries(manifest.scripts ?? {}).filter(([name]) => /^(pre|post)?test/.test(name));
    return JSON.stringify([
      scripts.sort(([a], [b]) => a.localeCompare(b)),
      manifest.jest,
      manifest.mocha,
      manifest.vitest,
    ]);
  } catch {
    return "not JSON";
  }
}

function vanished({ comparison }: Change): string[] {
  const lost = comparison?.missing ?? [];
  const skipped = comparison?.newlySkipped ?? [];
  return [
    ...(lost.length > 0
      ? [`${plural(lost.length, "test")} of the base did not run on the head: ${lost.slice(0, 3).join(", ")}`]
      : []),
    ...(skipped.length > 0
      ? [`${plural(skipped.length, "test")} of the base is now skipped: ${skipped.slice(0, 3).join(", ")}`]
      : []),
  ];
}

/** Rewriting an existing test can be right, when it asserted the bug. A person decides. */
function rewritten({ files }: Change): Judgement {
  const tests = files.filter(({ kind, status }) => kind === "test" && status !== "added");
  return tests.length === 0
    ? pass
    : unless(
        "ask",
        tests.map(({ path }) => `the existing test file ${path} was changed`),
      );
}
