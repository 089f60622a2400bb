import { expect, test } from "vitest";
import { foldTimeline } from "../../src/views/timeline.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

const print = (events: Parameters<typeof foldTimeline>[0], words?: (sha: string) => string): string =>
  foldTimeline(events, words)
    .map(({ mark, text, stage }) => `${(stage ?? "-").padEnd(9)} ${mark} ${text}`)
    .join("\n");

test("a run reads as a story, one line for what people care about", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "r1");
  const { events } = await ledger.read("r1");
  expect(print(events, () => "I will lower-case later.\nAnd more.")).toMatchInlineSnapshot(`
    "-         · fix on dddddddddddd with scripted: session.json (recorded replies, no model)
    intake    … intake
    intake    ✓ intake done in 1.0 s
    workspace … workspace
    workspace ✓ workspace done in 1.0 s
    baseline  … baseline
    baseline  · baseline: red, 40 passed, 2 failed (1.2 s)
    baseline  ✓ baseline done in 2.0 s
    reproduce … reproduce
    reproduce ✗ red on base: green, 1 passed, 0 failed (1.2 s)
    reproduce ✓ red on base: red, 0 passed, 1 failed (1.2 s)
    reproduce ✓ red on base: red, 0 passed, 1 failed (1.2 s)
    reproduce ✓ red on base: red, 0 passed, 1 failed (1.2 s)
    reproduce · reproduction: 2 files, +3 −1
    reproduce ✓ reproduce done in 6.0 s
    reproduce · turn 1: I will lower-case later. (1500 → 100 tokens, $0.01)
    reproduce ✗ bash npx vitest run (exit 1, 340 ms)
    patch     … patch
    patch     ✓ green on head: green, 1 passed, 0 failed (1.2 s)
    patch     · suite on head: red, 40 passed, 2 failed (1.2 s)
    patch     · patch: 2 files, +3 −1
    patch     ✓ patch done in 4.0 s
    prove     … prove
    prove     ✓ green on head: green, 1 passed, 0 failed (1.2 s)
    prove     ✓ red again without the patch: red, 0 passed, 1 failed (1.2 s)
    prove     ✓ prove done in 3.0 s
    gates     … gates
    gates     ✓ gate tamper
    gates     ✓ gate size
    gates     ✓ gate regressions
    gates     ✓ gates done in 4.0 s
    publish   … publish
    publish   ✓ publish done in 1.0 s
    publish   ✓ proven: the patch is proven"
  `);
});

test("a call that an interruption left in doubt keeps its name when it is answered", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, call } = pieces(log);
  const [judged, finished] = call("s", "c", "npm test", 1);
  for (const event of [started, judged, { type: "run.resumed", host: "here" } as const, finished]) {
    if (event) await log.append(event);
  }
  expect(print(log.events)).toContain("✗ bash npm test (exit 1, 340 ms)");
});

test("what goes wrong stands out", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, gate, stage, suite, call } = pieces(log);
  const events = [
    started,
    {
      type: "model.waited",
      session: "s",
      kind: "rate-limited",
      reason: "slow down",
      until: Date.UTC(2026, 0, 1, 9, 5, 7),
    },
    { type: "model.failed", session: "s", turn: 1, kind: "outage", reason: "503\nmore", billable: false },
    ...stage("reproduce", { end: { outcome: "not-reproduced", reason: "", hint: "" } }),
    gate("size", "block", "too long"),
    gate("protected", "ask", "package.json"),
    { ...suite("baseline", "base", "broken", 0, []), killed: "timeout" },
    suite("green-on-head", "head", "red", 1, ["t"]),
    ...call("s", "c", "false", 1),
    { type: "sandbox.opened", purpose: "install", policy: "p", degraded: ["cgroup"], network: "host" },
    { type: "run.paused", outcome: "waiting", reason: "a person must approve", hint: "" },
  ] as const;
  for (const event of events) await log.append(event as Parameters<typeof log.append>[0]);
  expect(print(log.events)).toMatchInlineSnapshot(`
    "-         · fix on dddddddddddd with scripted: session.json (recorded replies, no model)
    -         … the model is asked again at 09:05:07 UTC
    -         ✗ the model failed (outage): 503
    reproduce … reproduce
    reproduce ✗ reproduce ended without success after 1.0 s
    reproduce ✗ gate size blocks: too long
    reproduce ! gate protected asks: package.json
    reproduce ✗ baseline: broken, 40 passed, 0 failed, stopped: timeout (1.2 s)
    reproduce ✗ green on head: red, 0 passed, 1 failed (1.2 s)
    reproduce ✗ bash false (exit 1, 340 ms)
    reproduce ! sandbox: install has network; not enforced on this machine: cgroup
    reproduce ! paused (waiting): a person must approve"
  `);
});

test("a test that does not load is red without showing anything", async () => {
  const log = await (await memoryLedger()).open("r1");
  const red = pieces(log).suite("red-on-base", "red", "red", 1, ["t"]);
  if (red.type === "suite.ran") await log.append({ ...red, unloaded: 1 });
  expect(print(log.events)).toBe("-         ! red on base: red, 0 passed, 1 failed, 1 file did not load (1.2 s)");
});

test("a finish that is refused says why; one that passed is only asked to read the change again", async () => {
  const log = await (await memoryLedger()).open("r1");
  const { finish, patch } = pieces(log);
  const taken = patch.find(({ type }) => type === "diff.taken");
  const lastLook = "claw's checks pass. Before it is accepted, read your change once more:";
  const [judged, answered] = finish("patch", "c2", lastLook);
  const refused = finish("patch", "c1", "not accepted (2 attempts left): it fails:");
  const events = [...refused, judged, taken, answered, ...finish("patch", "c3")];
  for (const event of events) if (event) await log.append(event);
  expect(print(log.events)).toMatchInlineSnapshot(`
    "-         ! finish not accepted (2 attempts left): it fails
    -         · patch: 2 files, +3 −1
    -         · asked to read the change once more
    -         ! finish not accepted yet: done: it works"
  `);
});
