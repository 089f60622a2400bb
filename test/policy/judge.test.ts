import { expect, test } from "vitest";
import { judge, judgeBranch } from "../../src/policy/judge.ts";
import { roles } from "../../src/policy/roles.ts";

test("a role may use the tools it lists, and nothing else", () => {
  expect(judge(roles.patch, "edit")).toEqual({ verdict: "allow", rule: "role patch has edit" });
  expect(judge(roles.propose, "edit")).toEqual({ verdict: "deny", rule: "role propose has no edit" });
  for (const tool of ["", "toString", "merge", "Bash"]) expect(judge(roles.patch, tool).verdict).toBe("deny");
});

test.each([
  ["claw/mend-umlauts-0a1b", "allow"],
  ["main", "deny"],
  ["claw/", "deny"],
  ["claw/../main", "deny"],
  ["claw/a/b", "deny"],
  ["refs/heads/claw/a", "deny"],
  ["claw/-a", "deny"],
  ["claw/a\nmain", "deny"],
])("a run and the branch %j: %s", (branch, verdict) => {
  expect(judgeBranch(branch).verdict).toBe(verdict);
});
