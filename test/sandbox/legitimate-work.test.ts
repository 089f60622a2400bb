import { expect, test } from "vitest";
import { bash, workbench } from "./workbench.ts";

const bench = workbench();

/** What programs of every kind do all day. Each prints its name when it works, or that its tool is not here. */
const work: readonly (readonly [name: string, needs: string, script: string])[] = [
  ["tests in worker threads", "node", "node --test --test-isolation=none worker.test.mjs"],
  ["threads in C", "gcc", "gcc -pthread -o /tmp/threads threads.c && /tmp/threads"],
  ["processes of Python", "python3", "python3 processes.py"],
  [
    "a database in a file",
    "python3",
    `python3 -c 'import sqlite3; d = sqlite3.connect("x.db"); d.execute("pragma journal_mode=wal"); d.execute("create table t(a)"); d.commit()'`,
  ],
  [
    "git: commit, branch, stash",
    "git",
    "mkdir r && cd r && git init -q && git config user.email a@a && git config user.name a && echo 1 > f && git add f && git commit -qm 1 && git switch -qc b && echo 2 > f && git stash -q && git stash pop -q && git diff --quiet || git commit -qam 2",
  ],
  ["pipes and job control", "bash", "diff <(seq 3) <(seq 3) && (sleep 0.01 & wait) && timeout 5 true && nohup true"],
  [
    "servers on loopback and on a Unix socket",
    "node",
    `node -e 'const net = require("net"); const hear = (at) => net.createServer((s) => s.end("hi")).listen(at, function () { net.connect(this.address().port ?? at).on("data", () => this.close()); }); hear(0); hear("socket")'`,
  ],
  [
    "files watched",
    "node",
    `node -e 'const fs = require("fs"); const w = fs.watch("."); w.on("change", () => { w.close(); }); setTimeout(() => fs.writeFileSync("seen", ""), 20)'`,
  ],
];

const files = {
  "worker.test.mjs": `import test from "node:test"; import { Worker } from "node:worker_threads"; import { once } from "node:events";
test("workers", async () => { for (const n of [1, 2]) { const [code] = await once(new Worker("process.exit(0)", { eval: true }), "exit"); if (code) throw n; } });`,
  "threads.c": `#include <pthread.h>
static void *run(void *p) { return p; }
int main(void) { pthread_t t[8]; for (int i = 0; i < 8; i++) if (pthread_create(&t[i], 0, run, 0)) return 1; for (int i = 0; i < 8; i++) pthread_join(t[i], 0); return 0; }`,
  "processes.py": `from multiprocessing import Pool, Queue, Process
def square(n): return n * n
def put(q): q.put(1)
if __name__ == "__main__":
    with Pool(2) as pool: assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
    q = Queue(); p = Process(target=put, args=(q,)); p.start(); assert q.get() == 1; p.join()`,
};

test("legitimate work goes on as without a sandbox", async () => {
  const sandbox = await bench.open({ workspace: bench.workspace(files) });
  const script = work
    .map(
      ([name, needs, run]) =>
        `if command -v ${needs} >/dev/null; then ( ${run} ) >/tmp/said 2>&1 && echo '${name}' || { echo 'FAILED ${name}'; cat /tmp/said; }; else echo '${name}'; fi`,
    )
    .join("\n");
  const { stdout } = await bash(sandbox, script);
  expect(stdout.toString("utf8").trim().split("\n")).toEqual(work.map(([name]) => name));
});
