import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSigningKey, seal } from "../../src/cli/audit/dsse.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

function newKey(kind: "ed25519" | "rsa" = "ed25519") {
  const pair = kind === "rsa" ? generateKeyPairSync(kind, { modulusLength: 2048 }) : generateKeyPairSync(kind);
  const pem = { type: "pkcs8", format: "pem" } as const;
  return {
    secret: pair.privateKey.export(pem).toString(),
    open: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

interface Vouched {
  readonly run: string;
  readonly head: string;
  readonly events: number;
}

/** An export of a fix, signed with a key that config.yaml says is in a file. */
async function signedExport(secret = newKey().secret) {
  const dir = temporaryDirectory();
  const place = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  mkdirSync(join(dir, "config", "claw"), { recursive: true });
  const key = place("key.pem", secret);
  place("config/claw/config.yaml", `audit: { signingKey: { file: ${key} } }\n`);
  const { ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  const file = join(dir, "aaa1.jsonl");
  const environment = { XDG_CONFIG_HOME: join(dir, "config") };
  const written = await type(["audit", "export", "--output", file], { ledger, environment });
  const check = (...more: string[]) => type(["audit", "verify", "--file", file, ...more]);
  const alter = (change: (lines: string[]) => string[]): void =>
    writeFileSync(file, change(readFileSync(file, "utf8").trimEnd().split("\n")).join("\n"));
  return { place, written, check, alter, file };
}

test("an export is signed when a key is configured, and says of itself that the key came with it", async () => {
  const { secret, open } = newKey();
  const { place, written, check, file } = await signedExport(secret);
  expect(written.code, written.err).toBe(0);
  expect(readFileSync(file, "utf8")).not.toContain(secret.split("\n")[1]);
  const { code, out } = await check();
  expect(code).toBe(0);
  expect(out).toMatch(
    /\n✓ self-signed: the key came with the file; compare it with one that you know: sha256:[0-9a-f]{64}\n$/,
  );
  expect((await check("--key", place("open.pem", open))).err).toContain("an older or shorter copy would hold, too");
  expect((await check("--key", place("open.pem", open))).out).toMatch(
    /\n✓ signed by the key that was given: sha256:[0-9a-f]{64}\n$/,
  );
  const answered = await type(["audit", "answer", "--file", file, "--key", place("open.pem", open)]);
  expect(answered.out).toContain("\n✓ signed by the key that was given: sha256:");
  expect((await type(["audit", "answer", "--file", file, "--key", place("x.pem", newKey().open)])).code).toBe(24);
  expect(await check("--key", place("other.pem", newKey().open))).toMatchObject({
    code: 24,
    out: expect.stringContaining("run aaa1: the signature of the record is not one of key "),
  });
});

test.each<[string, (lines: string[]) => string[], string]>([
  [
    "a cut statement",
    (lines) => lines.filter((line) => !line.includes('"statement","statement"')),
    "statement 1 is missing",
  ],
  ["cut signatures", (lines) => lines.filter((line) => !line.includes('"envelope"')), "it is not signed"],
  ["one signature less", (lines) => lines.slice(0, -1), "statement 3 is not among what was signed"],
  ["a signature from elsewhere", (lines) => [...lines, lines.at(-1) ?? ""], "it holds signatures of something else"],
  [
    "a changed signature",
    (lines) => lines.map((line) => line.replace(/"sig":"..../, '"sig":"AAAA')),
    "the signature of the record",
  ],
  [
    "another version in its first line",
    (lines) => [lines[0]?.replace('"claw":"0.0.0"', '"claw":"9.9.9"') ?? "", ...lines.slice(1)],
    "its lines are not those that were signed",
  ],
  [
    "a line in another place",
    ([first = "", second = "", ...rest]) => [first, ...rest.slice(0, 1), second, ...rest.slice(1)],
    "its lines are not those that were signed",
  ],
  [
    "words in place of the key",
    (lines) => lines.map((line) => line.replace(/"publicKey":"[^"]*"/, '"publicKey":"words"')),
    "the key that came with it cannot be read",
  ],
  [
    "another key's name",
    (lines) => lines.map((line) => line.replace(/"type":"key","keyid":"..../, '"type":"key","keyid":"0000')),
    "the key that came with it is not the one that signed it",
  ],
])("%s is found", async (_, change, problem) => {
  const { check, alter } = await signedExport();
  alter(change);
  expect(await check()).toMatchObject({ code: 24, out: expect.stringContaining(problem) });
});

test("a signed file that was laid out anew holds; an early claw's signature says what it does not cover", async () => {
  const { secret, open } = newKey();
  const { place, check, alter } = await signedExport(secret);
  const json = async () => JSON.parse((await check("--json", "--key", place("open.pem", open))).out) as object;
  alter((lines) => lines.map((line) => JSON.stringify(JSON.parse(line), null, 1).replaceAll("\n", " ")));
  expect(await json()).toMatchObject({ holds: true, signed: { trusted: true, covers: "file" } });
  const record = "application/vnd.claw.record+json";
  alter((lines) =>
    lines.map((line) => {
      const { envelope } = JSON.parse(line) as { envelope?: { payloadType: string; payload: string } };
      if (envelope?.payloadType !== record) return line;
      const { run, head, events } = JSON.parse(Buffer.from(envelope.payload, "base64").toString()) as Vouched;
      const early = seal(record, JSON.stringify({ run, head, events }), readSigningKey(secret));
      return JSON.stringify({ type: "envelope", envelope: early });
    }),
  );
  expect(await json()).toMatchObject({ holds: true, signed: { trusted: true, covers: "events" } });
  expect((await check()).out).toContain(
    "\n  by an early claw, which signed its events and statements, not its first line",
  );
});

test("a private key is not taken for the public one that is asked for", async () => {
  const { secret } = newKey();
  const { place, check } = await signedExport(secret);
  expect(await check("--key", place("wrong.pem", secret))).toEqual({
    code: 2,
    out: "",
    err: expect.stringContaining("that is a private key, and whoever has it can sign") as string,
  });
});

test("a run that was worked out anew and signed by somebody else is not one of the key that is known", async () => {
  const { open } = newKey();
  const { place, alter, check } = await signedExport(newKey().secret);
  expect((await check()).code).toBe(0);
  const known = place("known.pem", open);
  expect((await check("--key", known)).code).toBe(24);
  alter((lines) => lines.filter((line) => !/"type":"(key|envelope)"/.test(line)));
  expect(await check("--key", known)).toMatchObject({ code: 24, out: expect.stringContaining("it is not signed") });
});

test.each([
  ["words", "hello", "is no private key in PEM"],
  ["a key of another kind", newKey("rsa").secret, "is of type rsa, not ed25519"],
])("%s in place of a key is refused, and not shown", async (_, secret, problem) => {
  const { written } = await signedExport(secret);
  expect(written.code).toBe(2);
  expect(written.err).toContain(problem);
  expect(written.err).not.toContain(secret.trim().split("\n").at(-2) ?? secret);
});

test("a run is taken into another ledger only when it holds and the right key has signed it, and once", async () => {
  const { secret, open } = newKey();
  const { place, alter, file } = await signedExport(secret);
  const { ledger } = await ledgerFile();
  const take = (...more: string[]) => type(["audit", "import", file, ...more], { ledger });
  expect((await take("--key", place("other.pem", newKey().open))).code).toBe(24);
  expect(await ledger.find("")).toEqual([]);

  const key = place("open.pem", open);
  expect(await take("--key", key)).toMatchObject({ code: 0, out: expect.stringContaining("in this ledger now") });
  expect((await take("--key", key)).out).toContain("in this ledger already");
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(0);
  expect((await type(["show", "aaa1", "--json"], { ledger })).out).toContain('"outcome":"proven"');
  const { ledger: other } = await ledgerFile();
  const atOnce = await Promise.all([1, 2].map(() => type(["audit", "import", file], { ledger: other })));
  expect(atOnce.map(({ code }) => code)).toEqual([0, 0]);

  alter((lines) => lines.filter((line) => !/"type":"(envelope|key)"/.test(line)));
  expect((await take("--key", key)).code).not.toBe(0);
  alter((lines) => lines.map((line) => line.replace("proven", "blocked")));
  expect((await take()).code).toBe(24);
});

test("bodies that are not what they are called are refused, and so are those that no event names", async () => {
  const { alter, file } = await signedExport();
  const { ledger } = await ledgerFile();
  const take = () => type(["audit", "import", file], { ledger });
  const body = (sha: string, text: string): string =>
    JSON.stringify({ type: "body", sha, data: Buffer.from(text).toString("base64") });
  const poison = createHash("sha256").update("poison").digest("hex");
  alter((lines) => [...lines, body("f".repeat(64), "poison")]);
  expect(await take()).toMatchObject({
    code: 24,
    err: expect.stringContaining("is not what its name, its hash, says"),
  });
  alter((lines) => [...lines.slice(0, -1), body(poison, "poison")]);
  expect((await take()).err).toContain(`body ${poison.slice(0, 12)} is in the file, and no event names it`);
  await expect(ledger.bytes(poison)).rejects.toThrow(poison.slice(0, 12));
});
