import { expect, test } from "vitest";
import { fixReport } from "../../src/reports/fix-report.ts";
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

    A new test in \`test/slug.test.ts\` shows it. On the base 1 test of it fails:

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

    | claim | holds | seen |
    |---|---|---|
    | the test fails on the base | ✓ | 3 times red: 0 passed, 1 failed, 1.2 s |
    | the test passes with the patch | ✓ | green: 1 passed, 0 failed, 1.2 s |
    | the test fails again without the patch | ✓ | red: 0 passed, 1 failed, 1.2 s |
    | no test is newly failing | ✓ | red: 40 passed, 2 failed, 1.2 s |

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
  expect(text).toContain("| the test passes with the patch | ✗ | never run |");
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
