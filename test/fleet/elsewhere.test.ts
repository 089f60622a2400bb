import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { runPool } from "../../src/fleet/pool.ts";
import { taskId } from "../../src/ledger/tasks.ts";
import { ledgerFile } from "../support/ledger-file.ts";

const plain = {
  body: null,
  labels: [],
  acceptance: null,
  due: null,
  held: false,
  wish: {},
  links: [],
  source: { kind: "text" as const, ref: "" },
  trust: "user" as const,
  workflow: "fix",
  by: "ada",
};

test("work in a repository that a machine has not is left to others, and holds nothing else up", async () => {
  const { ledger } = await ledgerFile();
  for (const [priority, repository] of ["/there", "/here"].entries())
    await ledger.addTask(taskId(repository), {
      type: "task.added",
      ...plain,
      title: repository,
      priority,
      repository,
    });
  const done: string[] = [];
  const end = await runPool({
    ledger,
    clock: systemClock,
    most: 1,
    least: 1,
    limits: new Map(),
    lanes: [],
    renewal: null,
    drain: true,
    until: null,
    signal: new AbortController().signal,
    onNews: () => {},
    fire: () => Promise.resolve([]),
    about: ({ repository }) => ({ lane: "", role: "fix", model: "", repository }),
    isHere: (path) => path === "/here",
    headroom: () => Promise.resolve(null),
    memory: { used: () => 0, most: 1e9, session: 1 },
    isStopped: () => false,
    work: ({ repository }) => {
      done.push(repository);
      return Promise.resolve({ run: "0run", outcome: "done", reason: "", hint: "" });
    },
  });
  expect([end.why, done]).toEqual(["drained", ["/here"]]);
  expect(await ledger.queue.jobs({ state: "ready", limit: 9 })).toMatchObject([{ repository: "/there", tries: 0 }]);
});
