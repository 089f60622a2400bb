import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { fixReport, type FixReportInput } from "../../src/reports/fix-report.ts";
import { answersOf } from "../../src/reports/answers.ts";
import { pullRequestText } from "../../src/reports/pull-request.ts";
import { Result, resultOf } from "../../src/reports/result.ts";
import { memoryLedger, patchText, pieces, proof, recordProvenFix } from "../support/recorded-fix.ts";

const report = async (run = "r1"): Promise<string> => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, run);
  const { events, head } = await ledger.read(run);
  return fixReport({ run, events, head, diff: patchText });
};

test("a report tells what failed, the fix, the proof, the gates and the cost on one screen before the patch", async () => {
  const [screen = "", patch] = (await report()).split("## The patch");
  expect(screen.split("\n").length).toBeLessThan(60);
  expect(screen.replace(/[0-9a-f]{64}/, "<head>")).toMatchInlineSnapshot(`
    "# Umlauts are lost

    **proven** · run \`r1\` · base \`dddddddddddd\` · scripted: session.json (recorded replies, no model)

    ## What failed

    The issue came from ISSUE.md.

    A new test in \`test/slug.test.ts\` shows it: it fails on the base.

    \`\`\`
    1 failed, 0 passed
    ✗ umlauts
        expected 'a' to be 'ae'
    \`\`\`

    ## Why, in the words of scripted: session.json (recorded replies, no model) (not checked)

    > Lower-casing &lt;b>lost&lt;/b> them.
    > It was easy.

    ## The change

    | file | added | deleted |
    |---|---|---|
    | \`src/slug.ts\` | +2 | −1 |
    | \`test/slug.test.ts\` | +1 | −0 |

    ## The proof

    | claim | holds | tests | seen |
    |---|---|---|---|
    | the test fails on the base | ✓ | \`test/slug.test.ts\` | 3 times red: 0 passed, 1 failed, 1.2 s |
    | the test passes with the patch | ✓ | \`test/slug.test.ts\` | green: 1 passed, 0 failed, 1.2 s |
    | the test fails again without the patch | ✓ | \`test/slug.test.ts\` | red: 0 passed, 1 failed, 1.2 s |
    | no test is newly failing | ✓ | the whole suite | red: 40 passed, 2 failed, 1.2 s |

    Run by claw in clean checkouts, in a sandbox, with \`npx vitest run\`. No test of the suite is newly failing. 2 tests failed on the base already.

    Evidence: **L2** of L0 to L3.

    - raised by: the suite ran with the change, and no test newly fails
    - raised by: 1 test that fails on the base, passes with the change, and fails again without it
    - would raise it: 2 more distinct failing inputs
    - would raise it: a failing test written from the issue alone by a model of another family
    - would raise it: a review by a model of another family

    ## Gates

    - passed: tamper, size, regressions

    ## Cost and record

    - cost: $0.01, 1 turn, 1500 tokens read (500 from cache), 100 written, 34.0 s
    - answered by: recorded
    - note: the working tree has uncommitted changes
    - every prompt, reply, command and result: \`claw log r1\`; ledger head when this was written: \`sha256:<head>\`

    "
  `);
  expect(patch).toBe(`\n\n\`\`\`diff\n${patchText.trimEnd()}\n\`\`\`\n`);
});

test("a proof that does not hold is not shown as one", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, stage, suite, gate } = pieces(log);
  const events = [
    started,
    suite("baseline", "base", "green", 0, []),
    stage("prove", proof(false)),
    gate("size", "block", "600 lines | too <b>long"),
  ];
  for (const event of events.flat()) await log.append(event);
  const text = fixReport({ run: "r1", events: log.events, head: log.head, diff: "" });
  expect(text).toContain("**the proof does not hold**");
  expect(text).toContain("| the test passes with the patch | ✗ |  | never run |");
  expect(text).toContain("- **size** blocks: 600 lines | too &lt;b>long");
});

test("words of a model or an issue make no markup of their own", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, stage } = pieces(log);
  const events = [
    started,
    stage("intake", { title: "# a\n# b ![x](http://x)", source: "<img src=x>" }),
    stage("patch", { patch: { summary: "![x](http://x)\n<script>\n\n# Proven" } }),
  ];
  for (const event of events.flat()) await log.append(event);
  const text = fixReport({ run: "r1", events: log.events, head: log.head, diff: "+ ```\n+ # out" });
  expect(text).toContain("# # a # b !\\[x](http://x)\n");
  expect(text).toContain("> !\\[x](http://x)\n> &lt;script>\n>\n> # Proven\n");
  expect(text).toContain("from &lt;img src=x>.");
  expect(text).toContain("````diff\n+ ```\n+ # out\n````\n");
});

/** A fix that took detours, as sessions with real models do. */
async function detours(): Promise<FixReportInput> {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, stage, suite, reproduce, prove, call, finish } = pieces(log);
  const edit = (session: string, id: string, summary: string, ok = true): Event[] =>
    call(session, id, summary).map((event): Event => {
      if (event.type === "call.judged") return { ...event, tool: "edit" };
      return event.type === "call.finished" ? { ...event, tool: "edit", ok } : event;
    });
  const lastLook = "claw's checks pass. Before it is accepted, read your change once more:";
  const [judged, answered] = finish("patch", "c7", lastLook);
  const taken: Event = {
    type: "diff.taken",
    purpose: "patch",
    from: "b",
    to: "c",
    patch: log.put(""),
    files: 2,
    added: 3,
    deleted: 1,
    summary: "",
  };
  const opened: Event = {
    type: "sandbox.opened",
    purpose: "suite",
    policy: "p",
    degraded: ["cgroup"],
    network: "none",
  };
  const plan = { shell: "npm test", leftOut: ["tsc --noEmit", "eslint ."] };
  const patched = { patch: { summary: "Fixed.", tests: ["test/more.test.ts"] } };
  const events = [
    started,
    opened,
    stage("baseline", { plan }, suite("baseline", "base", "green", 0, [])),
    edit("reproduce", "c1", "write ./src/slug.ts"),
    edit("reproduce", "c2", "/tmp/scratch.ts"),
    edit("reproduce", "c3", "test/slug.test.ts"),
    finish("reproduce", "c4", "not accepted: the test must load, but it does not:"),
    reproduce,
    edit("patch", "c5", "test/slug.test.ts", false),
    finish("patch", "c6", "not accepted (2 attempts left): tamper: <b>no</b>"),
    judged ?? [],
    taken,
    answered ?? [],
    stage("patch", patched),
    prove,
  ];
  for (const event of events.flat()) await log.append(event);
  return { run: "r1", events: log.events, head: log.head, diff: patchText };
}

const sectionOf = (text: string, name: string): string => text.split(`## ${name}\n\n`)[1]?.split("\n\n## ")[0] ?? "";

test("what was tried on the way is told in one section, the routine last look left out", async () => {
  expect(sectionOf(fixReport(await detours()), "On the way")).toMatchInlineSnapshot(`
    "- claw did not accept the work 2 times:
      - reproduce: the test must load, but it does not
      - patch: tamper: &lt;b>no&lt;/b>
    - tried to edit the frozen \`test/slug.test.ts\`; it stayed as it was
    - edited \`src/slug.ts\` when only a test was wanted; it was put back"
  `);
});

test("a report says which tests were seen failing, what each run covered, and what was left out or not enforced", async () => {
  const text = fixReport(await detours());
  expect(sectionOf(text, "The change").split("\n\n")[1]).toMatchInlineSnapshot(
    `"The reproduction, shown red on the base and frozen from then on, is \`test/slug.test.ts\`. The patch step added to other tests: \`test/more.test.ts\`. Nobody has seen those fail, so they prove nothing about the bug."`,
  );
  expect(sectionOf(text, "The proof")).toContain(
    "Left out of it, because these are no tests: `tsc --noEmit`, `eslint .`.",
  );
  expect(text).toContain("- sandbox: not enforced on this machine: cgroup\n");
});

test("scripts get the same from the result", async () => {
  expect(Result.parse(resultOf({ ...(await detours()), active: false }))).toMatchObject({
    tests: {
      reproduction: ["test/slug.test.ts"],
      neverRed: ["test/more.test.ts"],
      leftOut: ["tsc --noEmit", "eslint ."],
    },
    onTheWay: {
      refusals: [
        { session: "reproduce", why: "the test must load, but it does not" },
        { session: "patch", why: "tamper: <b>no</b>" },
      ],
      frozenEdits: ["test/slug.test.ts"],
      strayEdits: ["src/slug.ts"],
    },
    notEnforced: ["cgroup"],
  });
});

test.each([
  [["a"], false, "A new test in `t.js` shows it: it fails on the base."],
  [["a", "b"], false, "2 new tests in `t.js` show it: they fail on the base."],
  [["a"], true, "An existing test in `t.js` shows it: it fails on the base."],
])("the failing tests %j are counted in whole sentences", async (failing, existing, sentence) => {
  const log = await (await memoryLedger()).open("r1");
  const reproduction = { files: ["t.js"], failing, failure: "no", summary: "", existing };
  for (const event of pieces(log).stage("reproduce", { reproduction })) await log.append(event);
  expect(fixReport({ run: "r1", events: log.events, head: log.head, diff: "" })).toContain(`\n${sentence}\n`);
});

test("a proof of a test that the task's words do not speak of says so in the report, the pull request, the answers and the result", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "r1");
  const record = await ledger.read("r1");
  const events = record.events.map((event) => {
    if (event.type !== "stage.finished" || event.stage !== "reproduce") return event;
    const { reproduction } = event.output as { readonly reproduction: object };
    return { ...event, output: { reproduction: { ...reproduction, untied: true } } } as typeof event;
  });
  const input = { run: "r1", events, head: record.head, diff: patchText };
  expect(fixReport(input)).toMatch(/A new test in .* fails on the base\. \*\*Nothing in the task's words speaks of it/);
  const { body } = pullRequestText({ ...input, issue: 7, baseNow: null, mark: "" });
  expect(body).toContain("Refs #7");
  expect(body).not.toContain("Fixes #7");
  expect(JSON.stringify(answersOf(events, null))).toContain("Not as far as its words tell");
  expect(resultOf({ ...input, active: false }).notes).toContainEqual(expect.stringContaining("not those words"));
});
