import { expect, onTestFinished, test } from "vitest";
import { commitMessage } from "../../src/repo/commit-message.ts";
import { machine } from "../support/claw.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";

/** A proven fix on record, and a repository with the branch it left. */
async function fixWithBranch() {
  const file = await ledgerFile();
  await recordProvenFix(file.ledger, "aaa1");
  const user = machine();
  onTestFinished(() => user.remove());
  const cwd = await user.repository("project", { "a.js": "1;\n" });
  const branch = async (run: string, record: string): Promise<void> => {
    const trailers = { assistedBy: "claw:m", run, record };
    const message = commitMessage({ subject: "Fix: a", body: "Because.", trailers });
    const commit = await user.git(cwd, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", message);
    await user.git(cwd, "update-ref", `refs/heads/claw/a-${run}`, commit);
  };
  return { ...file, cwd, branch, head: (await file.ledger.read("aaa1")).head };
}

test("a ledger that holds says what was looked at", async () => {
  const { ledger, cwd, branch, store } = await fixWithBranch();
  await branch("aaa1", (await store.rows("aaa1", 20, 1))[0]?.hash ?? "");
  const { code, out, err } = await type(["audit", "verify"], { ledger, cwd });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^✓ as it was written: 1 run, 35 events, \d+ bodies, 1 anchor, 1 head from outside\n$/);
});

test("without a head from outside the limit of the answer is said", async () => {
  const { ledger } = await fixWithBranch();
  const { code, err } = await type(["audit", "verify", "aaa"], { ledger });
  expect({ code, err }).toEqual({
    code: 0,
    err: "note: no head from outside was compared; an older or shorter copy would hold, too\n",
  });
});

test("what does not hold is listed, and the first of it is the error", async () => {
  const { ledger, tamper } = await fixWithBranch();
  tamper("UPDATE events SET body = replace(body, 'ada', 'eve') WHERE seq = 0");
  expect(await type(["audit", "verify"], { ledger })).toEqual({
    code: 24,
    out: "✗ run aaa1: event 0 does not match its hash\n",
    err: "claw: the record is not as it was written: run aaa1: event 0 does not match its hash\n  restore it from a backup before trusting it; claw audit verify lists everything that was found\n",
  });
  const { code, out } = await type(["audit", "verify", "--json"], { ledger });
  expect(code).toBe(24);
  expect(JSON.parse(out)).toMatchObject({
    type: "audit",
    version: 1,
    holds: false,
    findings: [{ kind: "event", run: "aaa1", seq: 0 }],
  });
});

test("a commit that names a head the ledger does not have is found", async () => {
  const { ledger, cwd, branch } = await fixWithBranch();
  await branch("aaa1", "b".repeat(64));
  await branch("zzz9", "c".repeat(64));
  const { code, out } = await type(["audit", "verify"], { ledger, cwd });
  expect(code).toBe(24);
  expect(out.split("\n")).toEqual([
    expect.stringMatching(/^✗ run aaa1: its head b{12}, known from branch claw\/a-aaa1, is not in this ledger/),
    expect.stringMatching(/^✗ run zzz9: its head c{12}, known from branch claw\/a-zzz9, is not in this ledger/),
    "",
  ]);
  expect((await type(["audit", "verify", "--no-repository"], { ledger, cwd })).code).toBe(0);
  expect((await type(["audit", "verify", "--repository", cwd], { ledger })).code).toBe(24);
  expect((await type(["audit", "verify", "--repository", "/nowhere"], { ledger })).code).toBe(23);
});

test("a head that a person kept is compared", async () => {
  const { ledger, head } = await fixWithBranch();
  const kept = (sha: string) => ["audit", "verify", "--head", `aaa1=sha256:${sha}`];
  expect((await type(kept(head), { ledger })).code).toBe(0);
  expect(await type(kept(head.replace(/./, (digit) => (digit === "0" ? "1" : "0"))), { ledger })).toMatchObject({
    code: 24,
    out: expect.stringContaining("known from --head"),
  });
});
