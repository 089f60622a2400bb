import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Octokit } from "octokit";
import { expect, test } from "vitest";
import { questionsRead } from "../../src/forge/github/replies.ts";
import { overreach } from "../support/forge-authority.ts";

const folder = join(import.meta.dirname, "../../src/forge");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(folder, file), "utf8"));

/** Everything claw asks of GitHub. Adding to this list widens what it can do: think twice. */
const asked = [
  "actions.downloadArtifact",
  "actions.downloadJobLogsForWorkflowRun",
  "actions.getWorkflowRun",
  "actions.listJobsForWorkflowRun",
  "actions.listWorkflowRunArtifacts",
  "actions.listWorkflowRunsForRepo",
  "apps.createInstallationAccessToken",
  "apps.getRepoInstallation",
  "checks.create",
  "checks.listForRef",
  "git.getCommit",
  "git.getRef",
  "issues.addLabels",
  "issues.createComment",
  "issues.get",
  "issues.listComments",
  "issues.listEventsForTimeline",
  "issues.listForRepo",
  "issues.updateComment",
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
  // No way around the list: raw requests, GraphQL, or fetch, but for what octokit itself sends, and for a log or an artifact
  // that lies elsewhere, read without a credential.
  expect(text).not.toMatch(/octokit\s*\.\s*(?:request|graphql|hook\.wrap)|\[["'`]rest["'`]\]/);
  expect(text.match(/\bfetch\(.*/g)).toEqual([
    'fetch(url, { redirect: "error", signal: both });',
    "fetch(url, { ...init, headers, signal });",
  ]);
  expect(text.match(/pulls\.create\([^)]*draft: true/g)).toHaveLength(1);
});

test("each answer that is read is checked for being GitHub's", () => {
  const { rest } = new Octokit();
  const routes = asked.map((name) => {
    const [room = "", method = ""] = name.split(".");
    const { endpoint } = (rest as unknown as Readonly<Record<string, Record<string, typeof rest.repos.get>>>)[room]![
      method
    ]!;
    return `${endpoint.DEFAULTS.method} ${endpoint.DEFAULTS.url}`;
  });
  expect(routes.filter((route) => !questionsRead.includes(route))).toEqual([
    // An artifact or a log, or where one is; and answers that nothing is read of.
    "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}",
    "GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs",
    "POST /repos/{owner}/{repo}/check-runs",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/labels",
  ]);
});

test("git pushes without force, to branches below claw/ only", () => {
  const push = readFileSync(join(folder, "../repo/push.ts"), "utf8");
  expect(push.indexOf('judgeBranch(branch).verdict === "deny"')).toBeGreaterThan(0);
  expect(push.indexOf("!isClaimRef(claim.ref)")).toBeGreaterThan(0);
  for (const judged of ["judgeBranch(branch)", "isClaimRef(claim.ref)"])
    expect(push.indexOf("pushLocal(")).toBeGreaterThan(push.indexOf(judged));
  expect(push).not.toMatch(/--force|-f["'`]|`\+|--mirror|--delete|--all/);
});

test("a forge of the tests takes nothing but questions, drafts, comments, labels, checks and new branches of claw's", () => {
  const api = "/api/v3/repos/o/r";
  const [none, one, two] = ["0", "a", "b"].map((digit) => digit.repeat(40));
  const push = (...refs: readonly string[]) => {
    const lines = refs.map((ref, index) => `${ref}${index === 0 ? "\0 report-status" : ""}`);
    const body = lines.map((line) => `${(line.length + 4).toString(16).padStart(4, "0")}${line}`).join("");
    return { method: "POST", path: "/o/r.git/git-receive-pack", body: `${body}0000PACK\0\x01` };
  };
  const call = (method: string, path: string, body = "{}") => ({ method, path, body });
  const fine = [
    call("GET", `${api}/pulls`),
    call("POST", `${api}/pulls`, '{"draft":true}'),
    call("POST", `${api}/issues/7/comments`),
    call("PATCH", `${api}/issues/comments/7`),
    push(`${none} ${one} refs/heads/claw/x`),
    push(`${none} ${one} refs/claw/claims/7-1`, `${none} ${two} refs/heads/claw/7-x`),
    // What git sends to see whether it may, before a large push.
    call("POST", "/o/r.git/git-receive-pack", "0000"),
  ];
  expect(overreach(fine)).toEqual([]);
  const beyond = [
    call("PUT", `${api}/pulls/1/merge`),
    call("POST", `${api}/pulls`, '{"draft":false}'),
    call("PATCH", `${api}/pulls/1`),
    call("PATCH", `${api}/issues/1`),
    call("DELETE", `${api}/issues/comments/7`),
    call("POST", `${api}/pulls/1/reviews`),
    call("POST", "/api/graphql"),
    call("DELETE", `${api}/git/refs/heads/claw/x`),
    push(`${none} ${one} refs/heads/main`),
    push(`${none} ${one} refs/heads/claw/x`, `${none} ${one} refs/tags/v1`),
    push(`${two} ${one} refs/heads/claw/x`),
    push(`${two} ${one} refs/claw/claims/7-1`),
    push(`${one} ${none} refs/claw/claims/7-1`),
    push(`${none} ${one} refs/claw/claims/7-1/x`),
    push(`${none} ${one} refs/claw/x`),
    push(`${one} ${none} refs/heads/claw/x`),
  ];
  expect(overreach(beyond)).toHaveLength(beyond.length);
});
