import { expect, test } from "vitest";
import { readEvent, refusedEvent } from "../../src/policy/forge-event.ts";

const about = { repository: { full_name: "o/r" }, sender: { login: "ada" }, issue: { number: 7 } };
const labelled = { ...about, action: "labeled", label: { name: "claw" } };
const said = (body: string) => ({ ...about, action: "created", comment: { body, user: { login: "ada" } } });
const asked = { issue: 7, asker: "ada", repository: "o/r" };

test("the label on an issue and a new comment with the line /claw fix ask for work, in the name of who did it", () => {
  expect(readEvent("issues", labelled, "claw")).toEqual(asked);
  expect(readEvent("issue_comment", said("Please.\r\n/claw fix\r\nThanks."), "claw")).toEqual(asked);
  expect(readEvent("workflow_dispatch", {}, "claw")).toBe("by hand");
});

test.for([
  ["another label", "issues", { ...labelled, label: { name: "bug" } }],
  ["an issue that was opened", "issues", { ...labelled, action: "opened" }],
  ["a pull request that was labelled", "issues", { ...labelled, issue: { number: 7, pull_request: {} } }],
  ["a comment on a pull request", "issue_comment", { ...said("/claw fix"), issue: { number: 7, pull_request: {} } }],
  ["an edited comment", "issue_comment", { ...said("/claw fix"), action: "edited" }],
  ["somebody else's edit", "issue_comment", { ...said("/claw fix"), sender: { login: "eve" } }],
  ["a quoted line", "issue_comment", said("> /claw fix")],
  ["more than the words", "issue_comment", said("/claw fix everything")],
  ["a payload that is none", "issues", { action: "labeled" }],
  ["another event", "push", {}],
  ["an event with a stranger's commit and secrets", "pull_request_target", labelled],
] as const)("%s asks for nothing", ([, name, payload]) => {
  expect(readEvent(name, payload, "claw")).toHaveProperty("refused");
});

test("no work at all begins where a stranger's commit may lie beside secrets", () => {
  expect(["pull_request_target", "workflow_run"].map((name) => refusedEvent(name) === null)).toEqual([false, false]);
  expect(["issues", "pull_request", undefined].map(refusedEvent)).toEqual([null, null, null]);
});
