import { failureText } from "../../suite/failure-text.ts";
import { sharedWords } from "../../suite/shared-words.ts";
import { failedTests, type TestResult } from "../../suite/suite.ts";
import { shownSuspects } from "../localise/hint.ts";
import { localiseByWords } from "../localise/localise.ts";
import type { WorkDesk } from "../workflow.ts";
import {
  baselineResult,
  notReproduced,
  repeat,
  type Reproduced,
  reproduce,
  type ReproduceInput,
  storable,
} from "./reproduce.ts";

const SHOWN = 5;

/** For an engine that writes no tests: the one the user names, or one that fails on the base already. */
export async function findFailing(desk: WorkDesk, input: ReproduceInput): Promise<Reproduced> {
  const found = input.fix.repro === null ? await failingOnBase(desk, input) : await reproduce(desk, input);
  if (!("end" in found) || found.end.outcome !== "not-reproduced") return found;
  const words = await localiseByWords(desk, await desk.log.text(input.task.body));
  const lines = await shownSuspects(desk, desk.clone.base.tree, words, SHOWN);
  const where =
    lines.length === 0 ? "" : `; the issue's own words point at:\n${lines.map((line) => `    ${line}`).join("\n")}`;
  return { end: { ...found.end, reason: `${found.end.reason}${where}` } };
}

/** Tests of one file that fail on the base, every time and alike: those the issue speaks of rather than others. */
async function failingOnBase(desk: WorkDesk, { task, setup, baseline }: ReproduceInput): Promise<Reproduced> {
  const hint = "write a test that shows the bug and name it with --repro, or configure a model that writes one";
  const result = await baselineResult(desk, baseline);
  const red = failedTests(result);
  const single = red.filter(({ loadError }) => !loadError);
  // To node:test a plain script that fails is a file whose tests are not known: the file is the test.
  const failed = single.length === 0 && baseline.plan.runner === "node-test" ? red : single;
  const about = await desk.log.text(task.body);
  const [file] = filesByMention(failed, about);
  if (failed.length === 0) {
    const seen =
      red.length === 0 ? "no test fails on the base" : `what fails on the base does not even load: ${nameList(red)}`;
    return notReproduced(`the search engine needs a failing test, and ${seen}`, hint);
  }
  const files = file === undefined ? [] : [file];
  const tree = desk.clone.base.tree;
  const seen = await repeat(desk, { plan: baseline.plan, setup, tree, files });
  if ("problem" in seen) return notReproduced(`what fails on the base is no proof: ${seen.problem}`, hint);
  const failing = failedTests(seen.result).map(({ id }) => id);
  const failure = failureText(seen.result);
  const untied = sharedWords(about, [...failing, ...files, failure].join("\n")).length === 0;
  const summary = `failing on the base: ${failing.slice(0, 3).join(", ")}`;
  return {
    reproduction: {
      tree,
      files,
      plan: storable(baseline.plan),
      failing,
      failure,
      summary,
      existing: true,
      ...(untied && { untied }),
    },
  };
}

/** The first of them by name, and how many more there are. */
const nameList = (tests: readonly TestResult[]): string =>
  `${tests[0]?.file ?? tests[0]?.id}${tests.length > 1 ? ` (and ${tests.length - 1} more)` : ""}`;

/** Files of failing tests, the one whose tests share most words with the text first. */
function filesByMention(failed: readonly TestResult[], about: string): string[] {
  const shared = (text: string): number => sharedWords(about, text).length;
  const scores = new Map<string, number>();
  for (const { file, id } of failed) if (file !== null) scores.set(file, Math.max(scores.get(file) ?? 0, shared(id)));
  return [...scores].toSorted(([, a], [, b]) => b - a).map(([file]) => file);
}
