import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { environment, makeHome, type Measurement, program } from "../desk.ts";
import { atMost, type Row } from "../row.ts";

/** Tests whose answer is known, each with the code of its body; `broken` is true at head and false at base. */
const planted: Readonly<Record<string, { readonly verdict: string; readonly body: string }>> = {
  regression: { verdict: "regression", body: "assert.ok(!broken)" },
  "pre-existing": { verdict: "pre-existing", body: "assert.ok(false)" },
  "flaky, 5 %": { verdict: "flaky", body: "assert.ok(Math.random() > 0.05)" },
  "flaky, 20 %": { verdict: "flaky", body: "assert.ok(Math.random() > 0.2)" },
  "flaky, 50 %": { verdict: "flaky", body: "assert.ok(Math.random() > 0.5)" },
};

/** Verdicts on a suite that is really executed, whose flaky tests fail at known rates. */
export const triageLive: Measurement = {
  name: "triage-live",
  about: "verdicts on a suite of node:test with planted failures, executed again at head and at base",
  run(desk) {
    const home = makeHome(desk.dir, "triage-live");
    const project = makeProject(home);
    const trials = desk.repeats(20, 2);
    const all = Array.from({ length: trials }, () => triageOnce(home, project));
    const failures = all.flatMap(({ failures: some }) => some);
    const wrong = failures.filter(({ test, verdict }) => planted[test]?.verdict !== verdict).length;
    const missing = trials * Object.keys(planted).length - failures.length;
    const executions = all.reduce((sum, one) => sum + one.executions, 0) / trials;
    const times = all.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const note = `of ${trials * Object.keys(planted).length}: a regression, one that failed before, and flaky at 5, 20 and 50 %`;
    return Promise.resolve<Row[]>([
      {
        what: "wrong verdicts, live",
        unit: "%",
        value: (100 * (wrong + missing)) / (trials * Object.keys(planted).length),
        budget: atMost(5),
        note,
      },
      { what: "executions of the suite", unit: "runs", value: executions, note: "for five failing tests together" },
      { what: "a live triage", unit: "ms", value: times[Math.floor(times.length / 2)] ?? Number.NaN, note: "median" },
    ]);
  },
};

/** A report that calls all of them failing, as a job leaves it: so those that seldom fail are looked at, too. */
const report = `<testsuites><testsuite name="known">${Object.keys(planted)
  .map((name) => `<testcase name="${name}" file="test/known.test.js"><failure message="it failed"/></testcase>`)
  .join("")}</testsuite></testsuites>`;

function makeProject(home: string): string {
  const project = join(home, "project");
  mkdirSync(join(project, "test"), { recursive: true });
  const git = (...args: readonly string[]): void =>
    void execFileSync("git", ["-c", "user.name=B", "-c", "user.email=b@example.org", ...args], { cwd: project });
  const tests = Object.entries(planted).map(([name, { body }]) => `test(${JSON.stringify(name)}, () => ${body});`);
  const head = `import assert from "node:assert";\nimport { test } from "node:test";\nimport { broken } from "../broken.js";\n`;
  writeFileSync(join(project, "package.json"), '{"type":"module","scripts":{"test":"node --test"}}\n');
  writeFileSync(join(project, "test", "known.test.js"), `${head}${tests.join("\n")}\n`);
  writeFileSync(join(project, "broken.js"), "export const broken = false;\n");
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-qm", "Before");
  writeFileSync(join(project, "broken.js"), "export const broken = true;\n");
  git("commit", "-qam", "Break it");
  return project;
}

interface Told {
  readonly failures: readonly { readonly test: string; readonly verdict: string }[];
  readonly executions: number;
  readonly ms: number;
}

function triageOnce(home: string, project: string): Told {
  const usual = environment(home);
  const env = { ...usual, PATH: `${dirname(process.execPath)}:${usual["PATH"]}` };
  const args = [program, "triage", "-", "--json", "--exit-zero", "--bisect", "0"];
  const startedAt = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: project,
    env,
    input: report,
    encoding: "utf8",
  });
  const ms = performance.now() - startedAt;
  if (status !== 0) throw new Error(`claw triage ended with ${status}: ${stderr}`);
  const lines = stdout.trim().split("\n");
  const told = JSON.parse(lines.find((line) => line.startsWith('{"type":"triage"')) ?? "{}") as {
    failures: { titles: string[]; verdict: string }[];
  };
  return {
    failures: told.failures.map(({ titles, verdict }) => ({ test: titles.at(-1) ?? "", verdict })),
    executions: lines.filter((line) => line.includes('"type":"suite.ran"')).length,
    ms,
  };
}
