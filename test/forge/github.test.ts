import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openGitHub } from "../../src/forge/github/github.ts";
import { startForgeServer } from "../support/forge-server.ts";

async function forgeAndServer() {
  const dir = mkdtempSync(join(tmpdir(), "claw-forge-"));
  execFileSync("git", ["init", "--quiet", "--bare", join(dir, "r.git")]);
  const server = await startForgeServer(join(dir, "r.git"));
  onTestFinished(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });
  const forge = openGitHub({
    place: { host: server.host, owner: "o", repo: "r" },
    api: `${server.url}/api/v3`,
    web: server.url,
    token: server.token,
    userAgent: "claw/test",
    patienceMs: 0,
  });
  const written = (): string[] => server.calls.filter(({ method }) => method === "POST").map(({ path }) => path);
  return { forge, server, written };
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

test("who may write is what the repository says, not what a comment claims; an edited comment shows as edited", async () => {
  const { forge, server } = await forgeAndServer();
  server.permissions.set("ada", "write").set("bob", "read").set("root", "admin");
  expect(await Promise.all(["ada", "bob", "root", "eve"].map((login) => forge.mayWrite(login)))).toEqual([
    true,
    false,
    true,
    false,
  ]);
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
