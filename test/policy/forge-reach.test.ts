import { expect, test } from "vitest";
import { judgeReach } from "../../src/policy/forge-reach.ts";

const enough = { kind: "token", account: "ada", mayPush: true, mayAdminister: false, scopes: null } as const;

test("a credential with just what publishing takes is neither too weak nor too strong", () => {
  expect(judgeReach(enough)).toEqual({ missing: [], excess: [] });
  expect(judgeReach({ ...enough, scopes: ["public_repo"] })).toEqual({ missing: [], excess: [] });
});

test("what it lacks and what it could do besides are told", () => {
  expect(judgeReach({ ...enough, mayPush: false }).missing).toEqual([expect.stringContaining("may not push")]);
  expect(judgeReach({ ...enough, mayAdminister: true, scopes: ["repo", "delete_repo", "admin:org"] }).excess).toEqual([
    "it may administer the repository",
    "scopes that claw has no use for: delete_repo, admin:org",
    "it is good for every repository of its account, private ones too",
  ]);
});
