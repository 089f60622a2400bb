import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openApp } from "../../src/app.ts";
import { linesOf } from "../../src/cli/lines/all.ts";
import { loadConfig } from "../../src/config.ts";
import { type } from "../support/cli-desk.ts";
import { patchText, pieces, recordProvenFix } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

// What is typed in a test with --json is held against the published schemas: test/support/cli-desk.ts. Here is that each
// command was typed at all. The name ends at " : ".
const typedHere: readonly string[] = [
  "task add : Sums",
  "task list",
  "task ready",
  "task show : {task}",
  "task change : {task} --priority 0",
  "task import : -",
  "task link : {task} blocks t-bbbb",
  "task close : {task}",
  "task reopen : {task}",
  "queue pause",
  "schedule add : deps Check --cron @daily --as ada",
  "schedule list",
  "schedule disable : deps --as ada",
  "schedule enable : deps --as ada",
  "schedule run : deps --as ada",
  "schedule remove : deps --as ada",
  "flow check : flow.yaml",
  "reject : www --as bob",
  "prompts diff",
  "prompts approve : --as ada",
  "audit export : aaa1 --output run.jsonl",
  "audit import : run.jsonl",
  "audit backup : copy.sqlite",
  "policy test",
  "roles check : role.yaml",
  "models lift : local/tiny",
  "outcomes",
  "stop : --clear",
  "init : --dry-run",
  "fleet status",
  "doctor notify",
  "version",
];

/** What needs more than a ledger and a repository, or is looked at there for more, and by which test. */
const typedElsewhere: Readonly<Record<string, readonly string[]>> = {
  "test/cli/approvals.test.ts": ["approve"],
  "test/cli/audit-answer.test.ts": ["audit answer"],
  "test/cli/audit-verify.test.ts": ["audit verify"],
  "test/cli/cost.test.ts": ["cost"],
  "test/cli/doctor.test.ts": ["doctor"],
  "test/cli/json-lines.test.ts": ["runs", "show", "tree", "log"],
  "test/cli/nightly.test.ts": ["nightly"],
  "test/cli/policy.test.ts": ["policy explain", "doctor sandbox"],
  "test/cli/prompts.test.ts": ["prompts list"],
  "test/cli/queue.test.ts": [
    "dlq drop",
    "dlq list",
    "dlq prune",
    "dlq retry",
    "dlq show",
    "enqueue",
    "queue drain",
    "queue resume",
    "queue stats",
  ],
  "test/cli/redaction.test.ts": ["audit redact", "audit size", "audit compact"],
  "test/cli/replay.test.ts": ["replay"],
  "test/cli/resume.test.ts": ["resume"],
  "test/cli/triage.test.ts": ["triage"],
  "test/e2e/flows.test.ts": ["flow run"],
  "test/e2e/github.test.ts": ["publish"],
  "test/e2e/search.test.ts": ["fix"],
  "test/models/drift/drift.test.ts": ["models canary"],
  "test/models/probe/probe.test.ts": ["models list", "models probe"],
  "test/models/probe/serve-check.test.ts": ["models serve-check"],
  "test/runs.test.ts": ["why"],
  "test/views/egress.test.ts": ["audit egress"],
};

/** What nobody has typed with --json yet: a model, a forge, two machines or a process that stays would be needed. */
const typedNowhere = ["chat", "diff-prompts", "doctor forge", "fleet init", "fleet push", "localise", "serve", "work"];

/** A repository and a home whose ledger knows a proven fix, one that waits for a person, and a model in quarantine. */
async function scene() {
  const top = temporaryDirectory();
  const cwd = join(top, "repository");
  mkdirSync(cwd);
  const git = (...args: string[]): unknown => execFileSync("git", args, { cwd });
  git("init", "-q", "-b", "main");
  git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "base");
  writeFileSync(join(cwd, "role.yaml"), "name: careful\n");
  writeFileSync(join(cwd, "flow.yaml"), "name: look\nabout: look\nsteps:\n  - id: look\n    triage: {}\n");
  const config = loadConfig({ HOME: top, CLAW_HOME: join(top, "home"), USER: "ada", PATH: process.env["PATH"] });
  const app = openApp("0.0.0", { note: () => {}, signal: new AbortController().signal }, undefined, config);
  onTestFinished(() => app.close());
  const ledger = await app.ledger();
  await recordProvenFix(ledger, "aaa1");
  const log = await ledger.open("www");
  const { started, intake, patch, gate } = pieces(log);
  const asks = gate("protected-paths", "ask", "package.json may change only with an approval");
  const waits = { type: "run.paused", outcome: "waiting", reason: "a person must approve", hint: "" } as const;
  const until = { diff: log.put(patchText), expires: Date.now() + 3_600_000 };
  for (const event of [started, ...intake, ...patch, asks, { ...waits, ...until }]) await log.append(event);
  await log.close();
  const quarantine = JSON.stringify({ quarantine: { at: 0, why: "slow" } });
  await ledger.change("drift:local/tiny", () => ({ body: quarantine, result: null }));
  return (words: readonly string[], stdin = "") => type(words, { cwd, app, stdin: Buffer.from(stdin) });
}

test("what commands print with --json is what is published, for those that no other test types", async () => {
  const claw = await scene();
  const failed: unknown[] = [];
  let task = "";
  for (const each of typedHere) {
    const [name = "", rest = ""] = each.split(" : ");
    const words = [...name.split(" "), ...rest.replace("{task}", task).split(" ").filter(Boolean)];
    const stdin = name === "task import" ? (await claw(["task", "export"])).out.replaceAll(task, "t-bbbb") : "";
    const { code, out, err } = await claw([...words, ...(name in linesOf ? ["--json"] : [])], stdin);
    if (name === "task add") task = (JSON.parse(out) as { task: string }).task;
    if (out === "" && name in linesOf) failed.push({ each, code, err });
  }
  expect(failed).toEqual([]);
});

test("every command that has --json is typed by some test", () => {
  const here = typedHere.map((each) => each.replace(/ : .*/, "")).filter((name) => name in linesOf);
  const elsewhere = Object.entries(typedElsewhere);
  expect([...here, ...elsewhere.flatMap(([, names]) => names), ...typedNowhere].toSorted()).toEqual(
    Object.keys(linesOf).toSorted(),
  );
  for (const [file, names] of elsewhere) {
    const source = readFileSync(file, "utf8");
    const last = names.map((name) => name.replace(/.* /, ""));
    expect({ file, lacks: ["--json", ...last].filter((word) => !source.includes(word)) }).toEqual({ file, lacks: [] });
  }
});
