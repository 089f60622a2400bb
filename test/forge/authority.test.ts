import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../src/forge");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(folder, file), "utf8"));

/** Everything claw asks of GitHub. Adding to this list widens what it can do: think twice. */
const asked = [
  "actions.downloadJobLogsForWorkflowRun",
  "actions.getWorkflowRun",
  "actions.listJobsForWorkflowRun",
  "apps.createInstallationAccessToken",
  "apps.getRepoInstallation",
  "checks.create",
  "checks.listForRef",
  "git.getRef",
  "issues.addLabels",
  "issues.createComment",
  "issues.get",
  "issues.listComments",
  "issues.listEventsForTimeline",
  "pulls.create",
  "pulls.get",
  "pulls.list",
  "repos.compareCommitsWithBasehead",
  "repos.get",
  "repos.getBranchRules",
  "repos.getCollaboratorPermissionLevel",
  "repos.getCommitSignatureProtection",
  "users.getAuthenticated",
];

test("the forge is asked for these things and nothing else: there is no code to merge, approve, mark ready, close or delete", () => {
  const text = sources.join("\n");
  const found = [...text.matchAll(/octokit\s*\.rest\s*\.(\w+\s*\.\s*\w+)/g)].map(([, name]) =>
    name?.replaceAll(/\s/g, ""),
  );
  expect([...new Set(found)].sort((a = "", b = "") => a.localeCompare(b))).toEqual(asked);
  // No way around the list: raw requests, GraphQL, or fetch, but for what octokit itself sends, and for a log that lies
  // elsewhere, read without a credential.
  expect(text).not.toMatch(/octokit\s*\.\s*(?:request|graphql|hook\.wrap)|\[["'`]rest["'`]\]/);
  expect(text.match(/\bfetch\(.*/g)).toEqual([
    'fetch(url, { redirect: "error", signal: both });',
    "fetch(url, { ...init, headers, signal });",
  ]);
  expect(text.match(/pulls\.create\([^)]*draft: true/g)).toHaveLength(1);
});

test("git pushes without force, to branches below claw/ only", () => {
  const push = readFileSync(join(folder, "../repo/push.ts"), "utf8");
  expect(push.indexOf('judgeBranch(branch).verdict === "deny"')).toBeGreaterThan(0);
  expect(push.indexOf("pushLocal(")).toBeGreaterThan(push.indexOf("judgeBranch(branch)"));
  expect(push).not.toMatch(/--force|-f["'`]|`\+|--mirror|--delete|--all/);
});
