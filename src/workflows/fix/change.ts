import * as gates from "../../gates/all.ts";
import type { Change, ChangedFile, Judgement, Regressions } from "../../gates/gate.ts";
import type { Diff } from "../../repo/diff.ts";
import { isCiPath, isTestConfigPath, testPathsWith } from "../../suite/test-paths.ts";
import type { WorkDesk } from "../workflow.ts";
import type { Reproduction } from "./input.ts";

/** Texts larger than this are not looked into. */
const MAX_TEXT = 200_000;
/** Changes to more files than this are refused by size long before their texts matter. */
const MAX_TEXTS = 200;

export interface TakenChange {
  readonly tree: string;
  readonly diff: Diff;
  readonly change: Change;
}

/** What a tree changes on top of the reproduction, as facts for the gates. */
export async function takeChange(
  desk: WorkDesk,
  reproduction: Reproduction,
  tree: string,
  comparison: Regressions | null,
): Promise<TakenChange> {
  const diff = await desk.clone.diff(reproduction.tree, tree);
  const text = async (from: string, path: string): Promise<string | null> => {
    const bytes = await desk.clone.read(from, path);
    return bytes === null || bytes.length > MAX_TEXT || bytes.includes(0) ? null : bytes.toString("utf8");
  };
  const files: ChangedFile[] = [];
  const { manifest } = desk;
  const isTest = testPathsWith(manifest.test.files);
  for (const [index, { path, status, added, deleted, binary }] of diff.files.entries()) {
    const look = index < MAX_TEXTS && !binary;
    const before = look && status !== "added" ? await text(reproduction.tree, path) : null;
    const after = look && status !== "deleted" ? await text(tree, path) : null;
    files.push({ path, kind: kindOf(path, isTest), status, added, deleted, binary, before, after });
  }
  const change = {
    manifest,
    files,
    patch: diff.patch.toString("utf8"),
    refused: diff.refused,
    reproduction: reproduction.files,
    comparison,
  };
  return { tree, diff, change };
}

const kindOf = (path: string, isTest: (path: string) => boolean): ChangedFile["kind"] =>
  isTestConfigPath(path) ? "test-config" : isCiPath(path) ? "ci" : isTest(path) ? "test" : "source";

export interface Verdicts {
  readonly worst: Judgement["verdict"];
  /** Of every gate that did not simply pass. */
  readonly reasons: readonly string[];
}

/** Asks every gate and records each answer. The worst one wins. */
export async function judgeChange(desk: WorkDesk, { tree, change }: TakenChange): Promise<Verdicts> {
  const found: { gate: string; judgement: Judgement }[] = [];
  for (const gate of Object.values(gates)) {
    const judgement = gate.judge(change);
    found.push({ gate: gate.name, judgement });
    await desk.log.append({
      type: "gate.judged",
      gate: gate.name,
      tree,
      verdict: judgement.verdict,
      reasons: [...judgement.reasons],
    });
  }
  const worst =
    (["block", "ask", "pass"] as const).find((verdict) =>
      found.some(({ judgement }) => judgement.verdict === verdict),
    ) ?? "pass";
  const reasons = found.flatMap(({ gate, judgement }) => judgement.reasons.map((reason) => `${gate}: ${reason}`));
  return { worst, reasons };
}
