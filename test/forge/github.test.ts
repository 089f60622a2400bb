import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { generateKeyPairSync } from "node:crypto";
import type { Credential } from "../../src/forge/credential.ts";
import { openGitHub } from "../../src/forge/github/github.ts";
import { tokensFor } from "../../src/forge/github/tokens.ts";
import { startForgeServer } from "../support/forge-server.ts";

async function forgeAndServer(credential?: Credential) {
  const dir = mkdtempSync(join(tmpdir(), "claw-forge-"));
  execFileSync("git", ["init", "--quiet", "--bare", join(dir, "r.git")]);
  const server = await startForgeServer(join(dir, "r.git"));
  onTestFinished(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });
  const told: string[] = [];
  const reached = {
    place: { host: server.host, owner: "o", repo: "r" },
    api: `${server.url}/api/v3`,
    userAgent: "claw/t",
  };
  const forge = openGitHub({
    ...reached,
    kind: credential?.kind === "app" ? "app" : "token",
    tokens: tokensFor({
      ...reached,
      credential: credential ?? { kind: "tokens", read: server.token, write: server.token },
      onToken: (token) => told.push(token),
    }),
    web: server.url,
    patienceMs: 0,
  });
  const written = (): string[] => server.calls.filter(({ method }) => method === "POST").map(({ path }) => path);
  return { forge, server, told, written };
}

test("a comment is written once, also when the answer is lost, and is found again in a long thread", async () => {
  const { forge, server, written } = await forgeAndServer();
  const earlier = Array.from({ length: 250 }, (_, index) => ({ login: "eve", association: "NONE", body: `${index}` }));
  server.issues.set(7, { title: "t", body: "b", comments: [...earlier] });
  server.fault = (method) => (method === "POST" ? "lose-answer" : undefined);
  const url = await forge.say(7, "A question.", "<!-- claw run=r asks=d -->");
  expect(await forge.say(7, "A question.", "<!-- claw run=r asks=d -->")).toBe(url);
  expect(written()).toHaveLength(1);
  const seen = await forge.comments(7);
  expect([seen.length, seen[0]?.body, seen.at(-1)?.body]).toEqual([
    251,
    "0",
    "A question.\n\n<!-- claw run=r asks=d -->\n",
  ]);
});

test("the one comment of the account's own is found in a long thread, edited again when an answer is lost, and kept in its bounds", async () => {
  const { forge, server } = await forgeAndServer();
  const mark = "<!-- claw triage -->";
  // Somebody else's with the same end, which the token might be able to edit.
  const earlier = Array.from({ length: 150 }, () => ({ login: "eve", association: "NONE", body: `x\n\n${mark}\n` }));
  server.issues.set(7, { title: "t", body: "b", comments: [...earlier] });
  const thread = (): readonly string[] => (server.issues.get(7)?.comments ?? []).slice(150).map(({ body }) => body);
  const standing = { issue: 7, mark, isNews: true };
  for (const account of ["claw", null]) {
    server.account = account;
    server.fault = (method) => (method === "POST" ? "lose-answer" : undefined);
    const saved = await forge.saveComment({ ...standing, text: `${account} 1` });
    expect(saved).toMatchObject({ how: "written", url: expect.stringContaining("/issues/7#comment-1") });
    let lost = 0;
    server.fault = (method) => (method === "PATCH" && lost++ === 0 ? "lose-answer" : undefined);
    expect(await forge.saveComment({ ...standing, text: `${account} 2` })).toMatchObject({ how: "edited" });
  }
  expect(thread()).toEqual(["claw", null].map((account) => `${account} 2\n\n${mark}\n`));
  await forge.saveComment({ ...standing, text: "long ".repeat(50_000) });
  expect(thread()[1]?.length).toBeLessThan(65_536);
  expect(server.issues.get(7)?.comments?.slice(0, 150)).toEqual(earlier);
  server.fault = (method) => (method === "PATCH" ? { status: 403 } : undefined);
  await expect(forge.saveComment({ ...standing, text: "no" })).rejects.toMatchObject({ outcome: "forge-unavailable" });
});

test("who may write is what the repository says, not what a comment claims; an edited comment shows as edited", async () => {
  const { forge, server } = await forgeAndServer();
  server.permissions.set("ada", "write").set("bob", "read").set("root", "admin");
  expect(await Promise.all(["ada", "bob", "root", "eve"].map((login) => forge.mayWrite(login)))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  server.fault = (_, path) => (path.endsWith("/ghost/permission") ? { status: 404 } : undefined);
  expect(await forge.mayWrite("ghost")).toBe(false);
  server.issues.set(7, {
    title: "t",
    body: "b",
    comments: [
      { login: "ada", association: "OWNER", body: "one" },
      { login: "ada", association: "OWNER", body: "two", edited: true },
    ],
  });
  expect((await forge.comments(7)).map(({ edited }) => edited)).toEqual([false, true]);
});

test("a check is shown once for each run, and a token that may not show one is no error", async () => {
  const { forge, server, written } = await forgeAndServer();
  const check = { commit: "a".repeat(40), name: "claw proof", run: "r1", title: "t", summary: "s", remarks: [] };
  expect([await forge.showCheck(check), await forge.showCheck(check)]).toEqual([true, true]);
  expect(written()).toHaveLength(1);
  expect(await forge.showCheck({ ...check, run: "r2" })).toBe(true);
  expect(written()).toHaveLength(2);
  server.checks = null;
  expect(await forge.showCheck({ ...check, run: "r3" })).toBe(false);
});

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

test("a GitHub App's tokens are asked for one need each, of this repository alone, and every one is told before it is used", async () => {
  const { forge, server, told } = await forgeAndServer({ kind: "app", id: 4711, key: privateKey });
  server.app = { publicKey, given: new Map() };
  server.issues.set(7, { title: "t", body: "b" });
  await forge.readIssue(7);
  await forge.pullRequests();
  await forge.say(7, "Hello.", "<!-- m -->");
  await forge.addLabels(7, ["claw"]);
  const access = await forge.pushAccess();
  const secret = "secret" in access ? access.secret : "";

  expect([...server.app.given]).toEqual([
    [told[0], { issues: "read", pull_requests: "read", contents: "read" }],
    [told[1], { issues: "write" }],
    [told[2], { pull_requests: "write" }],
    [secret, { contents: "write" }],
  ]);
  const asked = server.calls.filter(({ path }) => path.endsWith("/access_tokens")).map(({ body }) => body);
  expect(asked.map((body) => (JSON.parse(body) as { repositories: string[] }).repositories)).toEqual(
    Array.from({ length: 4 }, () => ["r"]),
  );
  // It was never given checks: then there is no check, and no error.
  const check = { commit: "a".repeat(40), name: "claw proof", run: "r1", title: "t", summary: "s", remarks: [] };
  expect(await forge.showCheck(check)).toBe(false);
});

test("a key that is none is told without it, and an App that is unknown to the forge by its name", async () => {
  const { forge } = await forgeAndServer({ kind: "app", id: 4711, key: "not a key" });
  await expect(forge.defaultBranch()).rejects.toThrow(/the key of GitHub App 4711 cannot be used/);
  const unknown = await forgeAndServer({ kind: "app", id: 4711, key: privateKey });
  await expect(unknown.forge.defaultBranch()).rejects.toThrow(/refuses the token/);
});

test("where one token reads and another writes, each does only that", async () => {
  const { forge, server } = await forgeAndServer({ kind: "tokens", read: "reads", write: "writes" });
  server.fault = (method, path) => ({ status: 404, body: { message: `${method} ${path}` } });
  const seen = async (question: Promise<unknown>) => {
    await question.catch(() => {});
    return server.calls.at(-1)?.authorization;
  };
  expect(await seen(forge.readIssue(7))).toBe("token reads");
  expect(await seen(forge.addLabels(7, ["x"]))).toBe("token writes");
  expect(await forge.pushAccess()).toMatchObject({ secret: "writes" });
});

test("what a token could do is asked of the forge", async () => {
  const { forge, server } = await forgeAndServer();
  expect(await forge.reach()).toEqual({
    kind: "token",
    account: "ada-l",
    mayPush: true,
    mayAdminister: false,
    scopes: null,
  });
  server.scopes = "repo, delete_repo";
  expect((await forge.reach()).scopes).toEqual(["repo", "delete_repo"]);
});
