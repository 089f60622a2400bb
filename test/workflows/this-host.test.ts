import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mayWorkIn } from "../../src/cli/work/may-work-in.ts";
import { aboutOf, feedQueue } from "../../src/fleet/feed.ts";
import { systemClock } from "../../src/clock.ts";
import { resumeRun } from "../../src/workflows/resume.ts";
import { startRun } from "../../src/workflows/start.ts";
import { chat } from "../../src/workflows/chat/chat.ts";
import { houseAt } from "../support/house.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { added, drained, runsOf, withTasks } from "../support/pool.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A repository whose claw.yaml keeps its work to hosts labelled eu. */
function sovereign(): string {
  const root = temporaryDirectory();
  writeFileSync(join(root, "claw.yaml"), "host: eu\n");
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "base"],
  ])
    execFileSync("git", args, { cwd: root });
  return root;
}

const refusal = {
  outcome: "blocked",
  message: 'claw.yaml keeps work in this repository to hosts labelled "eu", and this one is not',
  hint: expect.stringContaining('work: { labels: ["eu"] }'),
};

test("a run of a repository that asks for a label begins, and goes on, only on hosts that have it", async () => {
  const cwd = sovereign();
  const { ledger } = await ledgerFile();
  const home = temporaryDirectory();
  const here = { ...houseAt(home, ledger), labels: ["us", "eu"] };
  const worked: string[] = [];
  const begin = (house: typeof here) =>
    startRun(house, {
      workflow: {
        ...chat,
        run: () => {
          worked.push("it began");
          return Promise.resolve({ outcome: "interrupted", reason: "", hint: "" });
        },
      },
      signal: new AbortController().signal,
      cwd,
      baseRef: undefined,
      model: { label: null },
      limits: { usdNano: null, turns: 5, tokens: 1000, wallMs: 60_000, attempts: 1 },
      input: () => ({ title: "a session" }),
    });
  const elsewhere = { ...here, labels: ["us"] };
  await expect(begin(elsewhere)).rejects.toMatchObject(refusal);
  expect([worked, readdirSync(join(home, "runs"))]).toEqual([[], []]);
  const { run } = await begin(here);
  expect(worked).toEqual(["it began"]);
  const facts = (await ledger.read(run)).events.length;
  await expect(resumeRun(elsewhere, run, { signal: new AbortController().signal })).rejects.toMatchObject(refusal);
  expect((await ledger.read(run)).events.length).toBe(facts);
});

test("a worker leaves tasks of such a repository to one on a host that has the label", async () => {
  const repository = sovereign();
  const ledger = await withTasks();
  await ledger.addTask("t-one", added("one", { repository }));
  await feedQueue({ ledger, clock: systemClock }, (task) => aboutOf(task, ""));
  const work = runsOf(ledger, () => ({ type: "run.ended", outcome: "proven", reason: "", hint: "" }));
  const poolOf = (labels: readonly string[]) => drained(ledger, work, { isHere: (path) => mayWorkIn(path, labels) });
  expect(await poolOf(["us"])).toMatchObject({ why: "drained", ends: [] });
  expect(await ledger.queue.jobs({ state: "ready", limit: 9 })).toMatchObject([{ subject: "t-one", tries: 0 }]);
  expect(await poolOf(["eu"])).toMatchObject({ why: "drained", ends: [{ task: "t-one", outcome: "proven" }] });
});

test("what is no readable claw.yaml asks a worker for no label", () => {
  const root = temporaryDirectory();
  const holding = (name: string, make: (file: string) => void): boolean => {
    mkdirSync(join(root, name));
    make(join(root, name, "claw.yaml"));
    return mayWorkIn(join(root, name), []);
  };
  expect([
    mayWorkIn(join(root, "nowhere"), []),
    holding("broken", (file) => writeFileSync(file, "host: [eu\n")),
    holding("endless", (file) => symlinkSync("/dev/zero", file)),
    holding("silent", (file) => writeFileSync(file, "limits: { files: 3 }\n")),
    holding("asking", (file) => writeFileSync(file, "host: eu\n")),
  ]).toEqual([true, true, true, true, false]);
});
