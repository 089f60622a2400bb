import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openReport } from "../../src/suite/read-report.ts";
import { judge, type TestExecution } from "../../src/suite/verdict.ts";
import { environment, makeHome, type Measurement, program } from "../desk.ts";
import { atMost, type Row } from "../row.ts";

const FAILURES = 10_000;
const TRIALS = 200;

/** What reading reports costs, and how often verdicts are wrong on tests whose rate of failing is known. */
export const triage: Measurement = {
  name: "triage",
  about: "reports of many failures read by a process, logs read in memory, and verdicts on simulated flaky tests",
  run(desk) {
    const home = makeHome(desk.dir, "triage");
    mkdirSync(join(home, "reports"), { recursive: true });
    const file = join(home, "reports", "many.xml");
    writeFileSync(file, manyFailures());
    return Promise.resolve([...process_(home, file), ...throughput(desk.repeats(20_000, 4000)), ...trials()]);
  },
};

const manyFailures = (): string =>
  `<testsuites>\n${Array.from({ length: FAILURES }, (_, index) => `<testsuite name="s${index % 100}"><testcase classname="pkg.mod${index % 100}" name="test ${index}" file="tests/test_${index % 100}.py" time="0.01"><failure message="AssertionError: expected ${index} to be ${index + 1}">Traceback (most recent call last):\n  File "tests/test_${index % 100}.py", line ${index}, in test\nAssertionError: expected ${index}</failure></testcase></testsuite>`).join("\n")}\n</testsuites>\n`;

function process_(home: string, file: string): Row[] {
  // The largest of a process's children, as the system counts it.
  const counted = spawnSync(
    "/usr/bin/env",
    [
      "python3",
      "-c",
      `import resource,subprocess,sys,time\ns=time.time()\nsubprocess.run([${JSON.stringify(process.execPath)},${JSON.stringify(program)},"triage",${JSON.stringify(file)},"--exit-zero"],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\nprint((time.time()-s)*1000,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)`,
    ],
    { cwd: join(home, "reports"), env: environment(home), encoding: "utf8" },
  );
  const [ms = Number.NaN, kb = Number.NaN] = counted.stdout.trim().split(" ").map(Number);
  const note = `JUnit XML of ${FAILURES.toLocaleString("en")} failures, the process from its start to its end`;
  return [
    { what: "a large report", unit: "ms", value: ms, budget: atMost(2000), note },
    { what: "memory for it", unit: "MB", value: kb / 1000, budget: atMost(200), note: "largest resident set" },
  ];
}

/** Lines of a log against merely looking at each of its characters. */
function throughput(lines: number): Row[] {
  const log = Array.from({ length: lines }, (_, index) =>
    index % 500 === 0
      ? "not ok 1 - something"
      : `2026-11-21T20:41:13.1234567Z some ordinary line of output number ${index} with a few words`,
  );
  const size = log.reduce((sum, line) => sum + line.length + 1, 0);
  const rate = (work: () => void): number => {
    // Once before: of a log that is large enough to matter, the first lines do not count.
    work();
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return size / 1e6 / ((user + system) / 1e6);
  };
  const bytes = Buffer.from(log.join("\n"));
  const floor = rate(() => bytes.toString("utf8").split("\n"));
  const value = rate(() => {
    const reader = openReport();
    let offset = 0;
    for (const line of log) {
      reader.piece(line, offset, true);
      offset += line.length + 1;
    }
    reader.end();
  });
  return [
    {
      what: "reading a log",
      unit: "MB/s",
      value,
      note: `every reader looks at every line, once warm; decoding and splitting alone: ${Math.round(floor)} MB/s`,
    },
  ];
}

/** Flaky tests, triaged with the default confidence: how many executions a verdict took, and how many were wrong. */
function trials(): Row[] {
  let state = 20_261_121;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return [0.05, 0.2, 0.5].flatMap((rate) => {
    const runs = Array.from({ length: TRIALS }, () => one(rate, random));
    const wrong = runs.filter(({ verdict }) => verdict !== "flaky").length;
    const spent = runs.reduce((sum, { executions }) => sum + executions, 0) / TRIALS;
    const percent = `${rate * 100} %`;
    return [
      {
        what: `wrong verdicts, failing ${percent}`,
        unit: "%",
        value: (100 * wrong) / TRIALS,
        budget: atMost(5),
        note: `of ${TRIALS} simulated flaky tests`,
      },
      { what: `executions for each, failing ${percent}`, unit: "reruns", value: spent },
    ];
  });
}

function one(rate: number, random: () => number): { readonly verdict: string; readonly executions: number } {
  const found = { kind: "test", message: "expected 1 to be 2", timedOut: false } as const;
  const done: TestExecution[] = [{ at: "head", scope: "report", result: "failed", ms: null }];
  for (;;) {
    const { verdict, next } = judge(found, done, { confidence: 0.95, reruns: 10, hasBase: true });
    if (next === null) return { verdict, executions: done.length - 1 };
    done.push({ at: next, scope: "file", result: random() < rate ? "failed" : "passed", ms: null });
  }
}
