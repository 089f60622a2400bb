import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

const read = (path: string): string => readFileSync(join(import.meta.dirname, "..", path), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly if?: string;
}
interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly needs?: string;
}

const action = parse(read("action.yml")) as { runs: { steps: readonly Step[] }; inputs: Record<string, unknown> };
const example = parse(read("examples/ci/label.yml")) as {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
};

test("the job that executes failing tests again can only read, and the one that comments runs nothing of the repository", () => {
  const triage = parse(read("examples/ci/triage.yml")) as typeof example;
  const { test: red, comment } = triage.jobs;
  expect([triage.permissions, red?.permissions, comment?.permissions]).toEqual([
    {},
    { contents: "read" },
    { "pull-requests": "write" },
  ]);
  expect(comment?.steps.some(({ uses }) => uses?.startsWith("actions/checkout"))).toBe(false);
  const steps = [red, comment].flatMap((job) => job?.steps ?? []);
  for (const { run = "" } of steps) expect(run).not.toContain("${{");
  const used = steps.find(({ uses }) => uses?.includes("/claw@"));
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(used?.with ?? {})));
});

test("the nightly example gives options that there are, and a regression is the one verdict its service fails for", () => {
  const script = read("examples/cron/nightly-triage.sh");
  const known = read("src/cli/commands/triage.ts");
  const options = [...script.matchAll(/ (--(?!quiet|detach)[a-z][a-z-]+)/g)].map(([, name = ""]) => name);
  expect(options.length).toBeGreaterThan(5);
  for (const name of options) expect(known).toContain(`"${name}`);
  expect(read("examples/cron/claw-triage.service")).toMatch(/^SuccessExitStatus=31 32 33 34$/m);
});

test("the night of work gives options that there are", () => {
  const options = [...read("examples/cron/nightly.sh").matchAll(/ (--(?!quiet|detach)[a-z][a-z-]+)/g)].map(
    ([, name]) => name,
  );
  expect(options).toEqual(["--max-prs", "--budget-usd", "--until", "--report"]);
  for (const name of options) expect(read("src/cli/commands/nightly.ts")).toContain(`"${name}`);
});

test("the job that runs commands can change nothing, and the one that can write runs none of them", () => {
  const { fix, publish } = example.jobs;
  expect(example.permissions).toEqual({});
  expect(new Set(Object.values(fix?.permissions ?? {}))).toEqual(new Set(["read"]));
  expect(publish?.permissions).toEqual({ contents: "write", "pull-requests": "write", checks: "write" });
  expect(publish?.steps.some(({ run }) => run !== undefined)).toBe(false);
  expect(JSON.stringify(publish)).not.toContain("secrets.");
  expect(publish?.needs).toBe("fix");
  const steps = action.runs.steps.filter((step) => step.if === "inputs.mode == 'publish'");
  expect(steps.map(({ run }) => run?.match(/^claw \w+( \w+)?/gm))).toEqual([["claw audit import", "claw publish"]]);
  expect(steps[0]?.run).toContain('--key "$KEY"');
});

test("no words of people stand in a script, no token stays in the repository, and nothing runs for strangers' commits", () => {
  const steps = [...action.runs.steps, ...Object.values(example.jobs).flatMap((job) => job.steps)];
  for (const { run = "" } of steps) expect(run).not.toContain("${{");
  const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
  expect(checkouts.map((step) => step.with?.["persist-credentials"])).toEqual([false, false]);
  expect(Object.keys(example.on)).toEqual(["issues"]);
});

test("the example gives the action only inputs that it has", () => {
  const used = Object.values(example.jobs).flatMap(({ steps }) => steps.filter(({ uses }) => uses?.includes("/claw@")));
  for (const step of used)
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
  expect(used).toHaveLength(2);
});
