import { expect, test } from "vitest";
import { writtenDecision } from "../../src/policy/written-decision.ts";

const diff = "0123456789abcdef".repeat(4);

test("a line of a comment decides about the change whose hash it names", () => {
  expect(writtenDecision(`Looks good.\r\n/claw approve ${diff.slice(0, 12)}\r\nThanks!`, diff)).toEqual({
    verdict: "approve",
    reason: "",
  });
  expect(writtenDecision(`/claw approve ${diff}`, diff)?.verdict).toBe("approve");
  expect(writtenDecision(`/claw reject ${diff.slice(0, 12)} breaks the build `, diff)).toEqual({
    verdict: "reject",
    reason: "breaks the build",
  });
  expect(writtenDecision(`\`\`\`\nlog\n\`\`\`\n/claw approve ${diff}`, diff)?.verdict).toBe("approve");
});

test.for([
  ["another change's hash", "/claw approve ffffffffffff"],
  ["too little of the hash", `/claw approve ${diff.slice(0, 11)}`],
  ["no hash", "/claw approve"],
  ["more than the hash", `/claw approve ${diff}0`],
  ["a quoted line", `> /claw approve ${diff}`],
  ["words before it", `please /claw approve ${diff}`],
  ["a line in a fence", `Look:\n\`\`\`\n/claw approve ${diff}\n\`\`\`\n`],
  ["a line that its indent makes code", `Look:\n\n    /claw approve ${diff}\n`],
  ["a line in a fence that never ends", `~~~ text\n/claw approve ${diff}`],
  ["what claw wrote itself", `/claw approve ${diff}\n\n<!-- claw run=r asks=${diff.slice(0, 12)} -->\n`],
  ["another word", `/claw merge ${diff}`],
])("%s decides nothing", ([, comment = ""]) => {
  expect(writtenDecision(comment, diff)).toBeNull();
});
