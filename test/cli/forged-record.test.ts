import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { type } from "../support/cli-desk.ts";
import { recordProvenFix, tickingClock } from "../support/recorded-fix.ts";
import { ledgerFile } from "../support/ledger-file.ts";

type Forge = (seq: number, body: string) => string;

/** A fix whose events somebody changed, with every hash worked out anew, and some bodies of theirs. */
async function forged(forge: Forge, bodies: readonly string[] = []) {
  const { store, ledger: original } = await ledgerFile();
  await recordProvenFix(original, "run1");
  const other = await openSqlite(":memory:");
  let head = GENESIS;
  const rows = (await store.rows("run1")).map(({ run, seq, body }) => {
    const changed = forge(seq, body);
    head = seal(head, run, seq, changed);
    return { run, seq, body: changed, hash: head };
  });
  const own = await store.bodiesAfter("", 1000);
  const blobs = own.flatMap(({ sha, data }) => (data ? [{ sha, data }] : []));
  const theirs = bodies.map((text) => ({ sha: hash("sha256", text), data: Buffer.from(text) }));
  await other.append({ rows, blobs: [...blobs, ...theirs], durable: false });
  return openLedger({ store: other, clock: tickingClock(), scrub: (text) => text });
}

const commands = [
  ["show"],
  ["why"],
  ["log", "--full"],
  ["diff"],
  ["audit", "verify", "--no-repository"],
  ["audit", "answer", "--no-repository"],
  ["audit", "export"],
  ["audit", "export", "--format", "otel"],
  ["audit", "export", "--format", "agent-trace"],
  ["replay"],
  ["runs"],
  ["tree"],
  ["cost"],
];

test.each<[string, Forge]>([
  ["no JSON", (seq, body) => (seq === 3 ? body.slice(0, -1) : body)],
  ["null", (seq, body) => (seq === 3 ? "null" : body)],
  ["a redaction that breaks off", (seq, body) => (seq === 3 ? '{"at":1,"type":"bodies.redacted",' : body)],
  ["a moment that no calendar has", (_, body) => body.replace(/"at":\d+/, '"at":9007199254740992')],
  ["a fact of nobody", (seq, body) => (seq === 3 ? '{"at":1,"type":"__proto__"}' : body)],
  [
    "nested thousands deep",
    (seq, body) => (seq === 0 ? body.replace('"input":{', `"input":{"x":${"[".repeat(1e4)}${"]".repeat(1e4)},`) : body),
  ],
])("a record with %s in it, hashes that fit and all, crashes no command", async (_, forge) => {
  const ledger = await forged(forge);
  for (const args of commands) expect([0, 12, 24]).toContain((await type(args, { ledger })).code);
  expect((await type(["show", "run1"], { ledger })).err).toMatch(/^claw: event \d+ of run run1.* is (no fact|not one)/);
});

test("bodies that are not what events say they are crash no command", async () => {
  const text = "[[[[";
  const ledger = await forged(
    (_, body) => body.replaceAll(/"(message|args|tools|result)":"[0-9a-f]{64}"/g, `"$1":"${hash("sha256", text)}"`),
    [text],
  );
  for (const args of commands) expect([0, 12, 24]).toContain((await type(args, { ledger })).code);
  expect((await type(["log", "run1"], { ledger })).err).toContain("a body that should be a message is none");
});
