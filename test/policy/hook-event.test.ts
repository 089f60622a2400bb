import { expect, test } from "vitest";
import { readHook } from "../../src/policy/hook-event.ts";

const repository = { full_name: "o/r", html_url: "https://GitHub.com/o/r", default_branch: "main" };
const place = { host: "github.com", owner: "o", repo: "r" };
const comment = (body: string, more: object = {}) => ({
  action: "created",
  repository,
  sender: { login: "ada" },
  issue: { number: 7 },
  comment: { body, user: { login: "ada" } },
  ...more,
});
const red = (more: object = {}) => ({
  action: "completed",
  repository,
  workflow_run: {
    id: 3,
    name: "ci",
    html_url: "https://github.com/o/r/actions/runs/3",
    head_sha: "c".repeat(40),
    head_branch: "main",
    conclusion: "failure",
    head_repository: { full_name: "O/R" },
    ...more,
  },
});

test("a label, a comment and a decision are known, and red CI of the default branch", () => {
  const label = {
    action: "labeled",
    repository,
    sender: { login: "ada" },
    issue: { number: 7 },
    label: { name: "claw" },
  };
  expect(readHook("issues", label, "claw")).toEqual({ kind: "fix", place, issue: 7, asker: "ada" });
  expect(readHook("issue_comment", comment("Please.\r\n/claw fix\r\n"), "claw")).toMatchObject({ kind: "fix" });
  const decision = { kind: "decision", place, issue: 7, asker: "ada" };
  expect(readHook("issue_comment", comment(`/claw approve ${"a".repeat(12)}`), "claw")).toEqual(decision);
  expect(readHook("issue_comment", comment(`no\n/claw reject ${"a".repeat(64)} why`), "claw")).toEqual(decision);
  expect(readHook("workflow_run", red(), "claw")).toMatchObject({ kind: "red", place, run: { id: 3, branch: "main" } });
  expect(readHook("ping", { zen: "…" }, "claw")).toEqual({ kind: "ping" });
});

test.each([
  ["another label", "issues", { ...comment(""), action: "labeled", label: { name: "bug" } }],
  ["an event nobody asks with", "push", { repository }],
  ["an event of Actions that is no delivery", "schedule", { repository }],
  ["an edited comment", "issue_comment", comment("/claw fix", { action: "edited" })],
  ["an edited decision", "issue_comment", comment(`/claw approve ${"a".repeat(12)}`, { action: "edited" })],
  ["a comment in another's name", "issue_comment", comment("/claw fix", { sender: { login: "eve" } })],
  [
    "a decision on a pull request",
    "issue_comment",
    comment(`/claw approve ${"a".repeat(12)}`, { issue: { number: 7, pull_request: {} } }),
  ],
  ["a hash that is too short", "issue_comment", comment("/claw approve abc")],
  ["CI of a fork", "workflow_run", red({ head_repository: { full_name: "eve/r" } })],
  ["CI whose fork is gone", "workflow_run", red({ head_repository: null })],
  ["CI of another branch", "workflow_run", red({ head_branch: "topic" })],
  ["CI that is green", "workflow_run", red({ conclusion: "success" })],
  ["CI that has only begun", "workflow_run", { ...red(), action: "requested" }],
  ["no repository", "issues", { action: "labeled" }],
  [
    "a repository with a path in its name",
    "issues",
    { ...comment(""), repository: { ...repository, full_name: "o/../r" } },
  ],
  ["null", "issues", null],
])("%s asks for nothing, and why is said", (_, event, payload) => {
  expect(readHook(event, payload, "claw")).toEqual({ kind: "ignored", reason: expect.stringMatching(/\w/) });
});
