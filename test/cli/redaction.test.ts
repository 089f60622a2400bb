import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** Two runs that share their bodies, in a file. */
async function twoRuns() {
  const used = await ledgerFile();
  await recordProvenFix(used.ledger, "aaa");
  await recordProvenFix(used.ledger, "bbb");
  const outputs = (await used.ledger.read("aaa")).events.flatMap((event) =>
    event.type === "suite.ran" && event.purpose === "baseline" ? [event.output] : [],
  );
  return { ...used, sha: outputs[0] ?? "", text: "output of baseline" };
}

const onDisk = (file: string): string =>
  [file, `${file}-wal`].map((path) => (existsSync(path) ? readFileSync(path, "latin1") : "")).join("");

test("a body is taken out of the file for good, with who and why in every run that names it, and all chains hold", async () => {
  const { ledger, file, sha, text } = await twoRuns();
  expect(onDisk(file)).toContain(text);
  const args = ["audit", "redact", "aaa", "--blob", sha.slice(0, 10), "--reason", "a customer's name", "--as", "Ada"];
  expect((await type(args, { ledger })).out).toContain(
    "is taken out, recorded in aaa, bbb\n  by Ada: a customer's name",
  );
  expect(onDisk(file)).not.toContain(text);
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(0);
  for (const run of ["aaa", "bbb"]) {
    expect((await ledger.read(run)).events.at(-1)).toMatchObject({
      type: "bodies.redacted",
      redacted: [sha],
      by: "Ada",
    });
    expect((await type(["audit", "verify", run, "--no-repository"], { ledger })).code).toBe(0);
  }
  const { out } = await type(["log", "aaa", "--full"], { ledger });
  expect(out).toContain("[redacted]");
  expect(out).toContain("1 recorded text taken out by Ada: a customer's name");
  expect((await type(["show", "aaa"], { ledger })).out).toContain("✓ proven");
  await expect(ledger.text(sha)).rejects.toMatchObject({ name: "Redacted", outcome: "blocked" });
});

test("a body that is redacted already is told who did that, and nothing is recorded again", async () => {
  const { ledger, sha } = await twoRuns();
  await ledger.redact({ shas: [sha], by: "Ada", reason: "a name" });
  const events = (await ledger.read("aaa")).events.length;
  const again = (...more: string[]) =>
    type(["audit", "redact", "aaa", "--blob", sha, "--reason", "again", ...more], { ledger });
  expect(await again()).toEqual({
    code: 0,
    out: `body ${sha.slice(0, 12)} is redacted already, by Ada: a name\n`,
    err: "",
  });
  expect(JSON.parse((await again("--json")).out)).toMatchObject({ sha, runs: [], already: true, by: "Ada" });
  expect((await ledger.read("aaa")).events).toHaveLength(events);
});

test("what was taken out of earlier runs and is recorded by a later one is there again, and every run still verifies", async () => {
  const { ledger, sha, text } = await twoRuns();
  await ledger.redact({ shas: [sha], by: "Ada", reason: "it is old" });
  await recordProvenFix(ledger, "ccc");
  expect(await ledger.text(sha)).toContain(text);
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(0);
});

test("an export says what was redacted, and is checked without a ledger", async () => {
  const { ledger, sha } = await twoRuns();
  await ledger.redact({ shas: [sha], by: "Ada", reason: "why not" });
  const file = join(temporaryDirectory(), "run.jsonl");
  writeFileSync(file, (await type(["audit", "export", "aaa"], { ledger })).out);
  expect(readFileSync(file, "utf8")).toContain(`{"type":"body","sha":"${sha}","data":null}`);
  expect(await type(["audit", "verify", "--file", file, "--no-repository"])).toMatchObject({ code: 0 });
});

test("a body that is gone without a word, or changed after a word, is still found", async () => {
  const { ledger, tamper, sha } = await twoRuns();
  tamper(`UPDATE blobs SET data = NULL WHERE sha = '${sha}'`);
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(24);
  await ledger.redact({ shas: [sha], by: "Ada", reason: "late" });
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(0);
  tamper(`UPDATE blobs SET data = x'00' WHERE sha = '${sha}'`);
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(24);
});

test("a redaction needs a reason, a body of this run, and a run that nobody writes", async () => {
  const { ledger, sha } = await twoRuns();
  const redact = (...args: string[]) => type(["audit", "redact", "aaa", ...args], { ledger });
  expect((await redact("--blob", sha)).err).toContain("--reason: say why");
  expect((await redact("--blob", "0".repeat(64), "--reason", "x")).err).toContain("run aaa names no body");
  await ledger.open("bbb");
  expect((await redact("--blob", sha, "--reason", "x")).err).toContain("run bbb is being written");
});

test("compact says what would go, and takes out only what no younger run shares, and never a patch", async () => {
  const { ledger, sha } = await twoRuns();
  const compact = async (...args: string[]) =>
    JSON.parse((await type(["audit", "compact", "--json", ...args], { ledger })).out) as {
      bodies: number;
      done: boolean;
    };
  expect(await compact("--bodies-older-than", "30")).toMatchObject({ bodies: 0, done: false });
  const planned = await compact("--bodies-older-than", "0");
  expect(planned.bodies).toBeGreaterThan(5);
  expect(await ledger.text(sha)).toBe("output of baseline");
  expect(await compact("--bodies-older-than", "0", "--yes")).toMatchObject({ bodies: planned.bodies, done: true });
  await expect(ledger.text(sha)).rejects.toMatchObject({ name: "Redacted" });
  expect((await type(["diff", "aaa"], { ledger })).code).toBe(0);
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(0);
  expect((await compact("--bodies-older-than", "0")).bodies).toBe(0);
});

test("a backup is whole, checked and private, and overwrites nothing; size says what there is", async () => {
  const { ledger } = await twoRuns();
  const file = join(temporaryDirectory(), "copy.sqlite");
  expect((await type(["audit", "backup", file], { ledger })).out).toMatch(/: 2 runs, \d+ events, .*, checked\n$/);
  expect((await type(["audit", "backup", file], { ledger })).err).toContain("exists already");
  expect(await type(["audit", "backup", join(file, "copy.sqlite")], { ledger })).toMatchObject({
    code: 24,
    err: expect.stringContaining("cannot be written"),
  });
  const size = JSON.parse((await type(["audit", "size", "--json"], { ledger })).out) as object;
  expect(size).toMatchObject({ runs: 2, bodies: { redacted: 0 }, events: { count: 70 } });
});
