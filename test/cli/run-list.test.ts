import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

interface Told {
  readonly outcome?: "blocked" | "waiting";
  readonly repository?: string;
  readonly workflow?: string;
  readonly parent?: string;
}

async function record(ledger: Ledger, run: string, told: Told = {}): Promise<void> {
  const { outcome = "blocked", repository = "/nowhere", workflow = "fix", parent } = told;
  const log = await ledger.open(run);
  const started = { ...pieces(log, repository).started, workflow, ...(parent && { parent }) } as Event;
  await log.append(started);
  const end = { outcome, reason: "because", hint: "" };
  await log.append(outcome === "waiting" ? { type: "run.paused", ...end } : { type: "run.ended", ...end });
  await log.close();
}

const listed = async (ledger: Ledger, ...args: string[]): Promise<string[]> =>
  (await type(["runs", ...args], { ledger })).out
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(" ")[0] ?? "");

async function several(): Promise<Ledger> {
  const ledger = await memoryLedger();
  await record(ledger, "a1");
  await record(ledger, "a2", { outcome: "waiting" });
  await record(ledger, "a3", { repository: "/elsewhere" });
  await record(ledger, "a4", { workflow: "review" });
  await recordProvenFix(ledger, "a5");
  return ledger;
}

test.each([
  [
    ["--outcome", "blocked"],
    ["a4", "a3", "a1"],
  ],
  [["--outcome", "waiting"], ["a2"]],
  [["--outcome", "running"], []],
  [["--workflow", "review"], ["a4"]],
  [["--repo", "/elsewhere"], ["a3"]],
  [
    ["--outcome", "blocked", "--workflow", "fix"],
    ["a3", "a1"],
  ],
  [["--since", "2026-11-21T12:00:13Z"], ["a5"]],
  [["--since", "2026-11-22"], []],
])("runs %j", async (args, expected) => {
  expect(await listed(await several(), ...args)).toEqual(expected);
});

test("runs are paged, and each page names the next", async () => {
  const ledger = await several();
  expect(await listed(ledger, "-n", "2")).toEqual(["a5", "a4"]);
  expect((await type(["runs", "-n", "2"], { ledger })).err).toBe("older ones: claw runs --before a4\n");
  expect(await listed(ledger, "-n", "2", "--before", "a4")).toEqual(["a3", "a2"]);
  expect(await listed(ledger, "-n", "2", "--before", "a2")).toEqual(["a1"]);
});

test("what cannot be meant is said", async () => {
  const ledger = await several();
  expect((await type(["runs", "--outcome", "great"], { ledger })).err).toContain("--outcome: must be one of running");
  expect((await type(["runs", "--since", "lately"], { ledger })).err).toContain("--since: must be a date, a time");
  expect(await type(["runs", "--outcome", "stuck"], { ledger })).toMatchObject({ code: 0, err: "no such runs\n" });
});

test("the list follows what runs do later, and a cache that lies is worked out anew", async () => {
  const { ledger, tamper } = await ledgerFile();
  await record(ledger, "a1", { outcome: "waiting" });
  expect(await listed(ledger, "--outcome", "waiting")).toEqual(["a1"]);
  const log = await ledger.open("a1");
  await log.append({ type: "run.ended", outcome: "blocked", reason: "", hint: "" });
  await log.close();
  expect(await listed(ledger, "--outcome", "waiting")).toEqual([]);
  tamper("UPDATE run_index SET outcome = 'proven'");
  expect(await listed(ledger, "--outcome", "proven")).toEqual(["a1"]);
  expect(await listed(ledger, "--outcome", "proven", "--reindex")).toEqual([]);
  expect(await listed(ledger, "--outcome", "blocked")).toEqual(["a1"]);
});

test("a damaged run is listed as such, and hides no other", async () => {
  const { ledger, tamper } = await ledgerFile();
  await record(ledger, "a1");
  await record(ledger, "a2");
  tamper("UPDATE events SET body = replace(body, 'because', 'for fun') WHERE run = 'a2'");
  expect((await type(["runs"], { ledger })).out).toMatch(/^a2 +broken record\na1 .*blocked/m);
});

test("a tree shows which run started which, from the first on", async () => {
  const ledger = await memoryLedger();
  await record(ledger, "a1");
  await record(ledger, "a2", { parent: "a1" });
  await record(ledger, "a3", { parent: "a2" });
  await record(ledger, "a4", { parent: "a1" });
  await record(ledger, "b1");
  expect((await type(["tree", "a3"], { ledger })).out).toBe(
    "a1  fix  blocked  $0.00\n└─ a2  fix  blocked  $0.00\n   └─ a3 *  fix  blocked  $0.00\n└─ a4  fix  blocked  $0.00\n",
  );
  const nodes = (await type(["tree", "a1", "--json"], { ledger })).out.trimEnd().split("\n");
  expect(nodes.map((line) => (JSON.parse(line) as { parent: string | null }).parent)).toEqual([null, "a1", "a2", "a1"]);
});

test("runs that name each other as their parent, as a record from elsewhere may, are shown once", async () => {
  const ledger = await memoryLedger();
  await record(ledger, "a1", { parent: "a2" });
  await record(ledger, "a2", { parent: "a1" });
  const { out } = await type(["tree", "a1"], { ledger });
  expect(out.match(/a[12] [*]? /g)).toHaveLength(2);
});
