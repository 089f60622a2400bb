import { expect, test } from "vitest";
import { type } from "../support/cli-desk.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

test("what Beads says that nobody is to begin is not begun, what is taken away there is closed; what comes out goes in again", async () => {
  const ledger = await memoryLedger();
  const statuses = ["open", "blocked", "pinned", "deferred", "closed", "tombstone"];
  const lines = statuses.map((status) => JSON.stringify({ id: `bd-${status}`, title: status, status }));
  const beads = (...words: string[]) =>
    type(["task", ...words, "--format", "beads"], { ledger, cwd: process.cwd(), stdin: Buffer.from(lines.join("\n")) });
  expect((await beads("import", "-")).out).toContain("6 tasks added");
  const out = (await type(["task", "ready", "--json"], { ledger })).out.trimEnd();
  expect(out.split("\n").map((line) => (JSON.parse(line) as { title: string }).title)).toEqual(["open"]);
  const exported = (await beads("export")).out.trimEnd().split("\n");
  const rows = exported.map((line) => JSON.parse(line) as { readonly id: string; readonly status: string });
  expect(Object.fromEntries(rows.map(({ id, status }) => [id, status]))).toMatchObject({
    "bd-tombstone": "closed",
    "bd-blocked": "deferred",
    "bd-open": "open",
  });
  lines.splice(0, Infinity, ...exported);
  expect((await beads("import", "-")).out).toContain("0 changed, 6 as they were");
});
