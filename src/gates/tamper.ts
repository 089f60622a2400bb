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
  if (kind === "test" && (status === "deleted" || status === "type-changed"))
    return [`the test file ${path} was ${status}`];
  if (kind === "test" && status === "modified" && count(skips, file.after) > count(skips, file.before))
    return [`${path} now skips or focuses tests`];
  if (kind === "test" && status === "added" && count(focuses, file.after) > 0) return [`${path} focuses tests`];
  if (kind === "test-config") return [`${path} steers how tests run and was ${status}`];
  if (kind === "ci") return [`${path} belongs to CI and was ${status}`];
  if (path.split("/").at(-1) === "package.json" && testScripts(file.before) !== testScripts(file.after)) {
    return [`the test scripts of ${path} were changed`];
  }
  return [];
}

const suites = String.raw`\b(?:it|test|describe|suite|context|specify)(?:\.\w+)*`;
/** Leaves every other test of the file, or of the whole run, out. */
const focuses = new RegExp(String.raw`${suites}\.only\b|(?<![.\w])f(?:it|describe|context)\(|\bonly\s*:\s*true\b`, "g");
/** Takes a test out of the count, or lets it fail unnoticed. */
const skips = new RegExp(
  [
    focuses.source,
    String.raw`${suites}\.(?:skip|skipIf|runIf|todo|fixme|fails|failing)\b`,
    String.raw`(?<![.\w])x(?:it|describe|test|context|specify)\(`,
    String.raw`\b(?:t|this|ctx|context|self)\.(?:skip|skipTest|todo|Skip|SkipNow)\(`,
    String.raw`\b(?:skip|todo)\s*:\s*(?:true\b|["'\`])`,
    String.raw`\bpytest\.(?:mark\.)?(?:skip|xfail|importorskip)|\bunittest\.(?:skip|expectedFailure)|\bSkipTest\b`,
  ].join("|"),
  "g",
);

const count = (pattern: RegExp, text: string | null): number => text?.match(pattern)?.length ?? 0;

/** What a package.json says about testing, in canonical form: its test scripts, what they run, and runners' settings. */
function testScripts(text: string | null): string {
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    const manifest = parsed as Readonly<Record<string, unknown>> & { readonly scripts?: Record<string, string> };
    const scripts = manifest.scripts ?? {};
    const names = new Set(Object.keys(scripts).filter((name) => /^(pre|post)?test/.test(name)));
    // A set grows while it is walked: scripts that test scripts run are looked at, too.
    for (const name of names) {
      for (const other of Object.keys(scripts))
        if (scripts[name]?.split(/[\s;&|"']+/).includes(other)) names.add(other);
    }
    const settings = ["jest", "mocha", "vitest", "ava", "tap", "c8", "nyc"].map((runner) => manifest[runner]);
    return JSON.stringify([[...names].sort().map((name) => [name, scripts[name]]), settings]);
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
      ? [`${plural(skipped.length, "test")} of the base now skipped: ${skipped.slice(0, 3).join(", ")}`]
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
