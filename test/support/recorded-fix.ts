import type { Clock } from "../../src/clock.ts";
import type { Event } from "../../src/ledger/events.ts";
import { type Ledger, openLedger, type RunLog } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";

/** A second passes with every look at it. */
export function tickingClock(start = Date.UTC(2026, 10, 21, 12)): Clock {
  let now = start;
  let ids = 0;
  return {
    now: () => (now += 1000),
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    newId: () => `test${String(++ids).padStart(8, "0")}`,
  };
}

export const memoryLedger = async (): Promise<Ledger> =>
  openLedger({ store: await openSqlite(":memory:"), clock: tickingClock(), scrub: (text) => text });

export const patchText = `diff --git a/src/slug.ts b/src/slug.ts
index 1111111..2222222 100644
--- a/src/slug.ts
+++ b/src/slug.ts
@@ -1,3 +1,4 @@
 export const slug = (text: string) =>
-  text.toLowerCase();
+  text
+    .toLowerCase();
 
diff --git a/test/slug.test.ts b/test/slug.test.ts
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/test/slug.test.ts
@@ -0,0 +1,1 @@
+test("umlauts", () => {});
`;

export const label = "scripted: session.json (recorded replies, no model)";

type Tree = "base" | "red" | "head";
const trees: Record<Tree, string> = { base: "a".repeat(40), red: "b".repeat(40), head: "c".repeat(40) };

type SuiteRan = Extract<Event, { type: "suite.ran" }>;

/** The facts of a fix of an umlaut bug, in pieces that a test puts together. */
export function pieces(log: RunLog, repository = "/nowhere") {
  const put = (text: string): string => log.put(text);
  const suite = (
    purpose: string,
    tree: Tree,
    verdict: SuiteRan["verdict"],
    failed: number,
    files: string[],
  ): Event => ({
    type: "suite.ran",
    purpose,
    tree: trees[tree],
    command: "npx vitest run",
    runner: "vitest",
    files,
    exitCode: verdict === "green" ? 0 : 1,
    killed: null,
    verdict,
    passed: files.length > 0 ? 1 - failed : 40,
    failed,
    skipped: 0,
    signature: "",
    result: put("{}"),
    output: put(`output of ${purpose}`),
    ms: 1200,
  });
  const stage = (name: string, output: unknown, ...between: Event[]): Event[] => [
    { type: "stage.started", stage: name },
    ...between,
    { type: "stage.finished", stage: name, output: output as null },
  ];
  const started: Event = {
    type: "run.started",
    workflow: "fix",
    input: { source: "ISSUE.md", text: put("Umlauts are lost"), testCommand: null, repro: null },
    version: "0.1.0",
    host: "linux",
    initiator: "ada",
    repository,
    base: "d".repeat(40),
    model: { choice: null, endpoint: "scripted", model: "session.json", wire: "scripted", label },
    limits: { usdNano: 2e9, turns: 100, tokens: 5_000_000, wallMs: 3_600_000, attempts: 3 },
    manifest: null,
    prompts: {},
  };
  return {
    started,
    stage,
    suite,
    replied: replied(put),
    call: call(put),
    finish: refusedFinish(put),
    gate,
    ...fixStages(put, stage, suite),
  };
}

const replied =
  (put: (text: string) => string) =>
  (session: string, turn: number, text: string, cost: number | null = 12_300_000): Event => ({
    type: "model.replied",
    session,
    turn,
    message: put(JSON.stringify({ role: "assistant", text, calls: [] })),
    calls: [],
    stop: "calls",
    usage: {
      inputUncached: 1000,
      inputCacheRead: 500,
      inputCacheWrite: 0,
      outputVisible: 80,
      outputReasoning: 20,
      source: "provider",
    },
    cost,
    servedModel: "recorded",
    servedTier: null,
    requestId: null,
    firstByteMs: 10,
    ms: 20,
  });

const call =
  (put: (text: string) => string) =>
  (session: string, id: string, summary: string, exitCode = 0): Event[] => [
    {
      type: "call.judged",
      session,
      call: id,
      tool: "bash",
      effect: "execute",
      verdict: "allow",
      rule: "role",
      args: put("{}"),
      summary,
    },
    {
      type: "call.finished",
      session,
      call: id,
      tool: "bash",
      ok: exitCode === 0,
      message: put("done"),
      output: put("line one\nline two"),
      exitCode,
      signature: "",
      ms: 340,
    },
  ];

/** A finish that is not accepted. */
const refusedFinish =
  (put: (text: string) => string) =>
  (session: string, id: string, why?: string): Event[] =>
    call(put)(session, id, "done: it works").map((event): Event => {
      if (event.type === "call.judged") return { ...event, tool: "finish" };
      if (event.type !== "call.finished") return event;
      return { ...event, tool: "finish", ok: false, ...(why !== undefined && { why }) };
    });

const gate = (name: string, verdict: "pass" | "ask" | "block" = "pass", ...reasons: string[]): Event => ({
  type: "gate.judged",
  gate: name,
  tree: trees.head,
  verdict,
  reasons,
});

function fixStages(
  put: (text: string) => string,
  stage: (name: string, output: unknown, ...between: Event[]) => Event[],
  suite: (purpose: string, tree: Tree, verdict: SuiteRan["verdict"], failed: number, files: string[]) => Event,
) {
  const test = ["test/slug.test.ts"];
  const failure = "1 failed, 0 passed\n✗ umlauts\n    expected 'a' to be 'ae'";
  const reproduction = { files: test, failing: ["umlauts"], failure, summary: "Added a test.", existing: false };
  const taken = (purpose: "reproduction" | "patch", from: Tree, to: Tree, patch: string): Event => ({
    type: "diff.taken",
    purpose,
    from: trees[from],
    to: trees[to],
    patch: put(patch),
    files: 2,
    added: 3,
    deleted: 1,
    summary: "",
  });
  return {
    intake: stage("intake", { title: "Umlauts are lost", source: "ISSUE.md" }),
    workspace: stage("workspace", { dependencies: [], notes: ["the working tree has uncommitted changes"] }),
    baseline: stage("baseline", {}, suite("baseline", "base", "red", 2, [])),
    reproduce: stage(
      "reproduce",
      { reproduction },
      suite("red-on-base", "base", "green", 0, test),
      ...[1, 2, 3].map(() => suite("red-on-base", "red", "red", 1, test)),
      taken("reproduction", "base", "red", "the test"),
    ),
    patch: stage(
      "patch",
      { patch: { tree: trees.head, diff: put(patchText), summary: "Lower-casing <b>lost</b> them.\nIt was easy." } },
      suite("green-on-head", "head", "green", 0, test),
      suite("suite-on-head", "head", "red", 2, []),
      taken("patch", "red", "head", patchText.slice(0, patchText.indexOf("diff --git a/test"))),
    ),
    prove: stage(
      "prove",
      proof(true),
      suite("green-on-head", "head", "green", 0, test),
      suite("red-reverted", "red", "red", 1, test),
    ),
    gates: stage("gates", {}, gate("tamper"), gate("size"), gate("regressions")),
    publish: stage("publish", {
      branch: "claw/umlauts-are-lost-r1",
      commit: "e".repeat(40),
      report: put("# Umlauts are lost\n"),
    }),
    proven: {
      type: "run.ended",
      outcome: "proven",
      reason: "the patch is proven",
      hint: "take it: claw apply",
    } as Event,
  };
}

/** Facts are places in the events of `recordProvenFix`. */
export const proof = (holds: boolean) => ({
  holds,
  findings: [
    { claim: "the test fails on the base", holds: true, facts: [10, 11, 12] },
    { claim: "the test passes with the patch", holds, facts: [24] },
    { claim: "the test fails again without the patch", holds: true, facts: [25] },
    { claim: "no test is newly failing", holds: true, facts: [20] },
  ],
});

/** A whole proven fix, as run `run` of a ledger. Nobody writes it any more. */
export async function recordProvenFix(ledger: Ledger, run: string, repository?: string): Promise<void> {
  const log = await ledger.open(run);
  const fix = pieces(log, repository);
  const { started, intake, workspace, baseline, reproduce, patch, prove, gates, publish, proven, replied: reply } = fix;
  const session = [reply("patch", 1, "I will lower-case later."), ...fix.call("patch", "c1", "npx vitest run", 1)];
  const events = [
    started,
    intake,
    workspace,
    baseline,
    reproduce,
    session,
    patch,
    prove,
    gates,
    publish,
    proven,
  ].flat();
  for (const event of events) await log.append(event);
  await log.close();
}
