import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../src/config.ts";
import { answeringClaw } from "../support/answering-claw.ts";
import { machine } from "../support/claw.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { startModelServer } from "../support/model-server.ts";
import { blocked, playing } from "../support/plays.ts";
import { freshDatabase } from "../support/postgres.ts";
import { emptyListTest, patchesSum, reproducesSum, sumIssue, sumRepository } from "../support/sum.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** Shell lines: of code blocks, and of a crontab without its times; comments behind them are none of theirs. */
function linesOf(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  const blocks = file.endsWith(".md")
    ? [...text.matchAll(/^```(\w*)\n([^]*?)^```/gm)]
        .map(([, language = "", block = ""]) => (/^(?:sh|bash)?$/.test(language) ? block : ""))
        .join("")
    : text;
  return blocks
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.replace(/^(?:[\d*/,-]+ +){5}|(?:^| )\s*# .*$/g, "").trim())
    .filter((line) => line !== "");
}

const files = ["README.md", ...globSync("{docs,examples/{ci,cron,gpu-server,manifests,terminal}}/**/*.md")];
const lines = [...new Set([...files, "examples/cron/crontab.example"].flatMap(linesOf))];

/** What a line works with that is another one on a reader's machine. */
interface Needs {
  readonly model?: "mends" | "away";
  /** In the project in which nothing fails. */
  readonly green?: true;
  /** Runs first, for what a reader does or has done meanwhile. */
  readonly before?: string;
}

/**
 * Every line, in the order in which it is executed here, and how it ends. The model mends the first bug, which is what is looked
 * at and taken over, and then says that it can reproduce nothing (10) or find no patch (11): the fixes of the example
 * repositories are proven in test/e2e/examples.test.ts.
 */
const executed: readonly (readonly [line: string, code: number, needs?: Needs])[] = [
  ["claw doctor", 0],
  ["claw init --dry-run", 0],
  ["claw fix ISSUE.md --dry-run", 0],
  ["claw models serve-check local", 0],
  ["claw models probe local", 20],
  ["claw models list", 0],
  ["claw models canary local", 0],
  ['claw fix "parseDate drops the timezone"', 0, { model: "mends" }],
  ["claw show --follow", 0],
  ["claw log --follow --utc", 0],
  ["claw show", 0],
  ["claw why", 0],
  ["claw diff --stat", 0],
  ["claw apply --check", 0],
  ["claw apply", 0],
  [`claw runs --json --since 7d | jq -r 'select(.outcome == "proven") | .branch'`, 0],
  ["claw show --json | jq .evidenceLevel", 0],
  [
    "claw fix ISSUE.md --budget-usd 1 --notify",
    20,
    { model: "away", before: "git checkout --quiet . && git clean -qf" },
  ],
  ["claw resume", 10],
  ['claw fix "parseDate drops the timezone" --repro test/date.test.ts', 11],
  ['claw fix ISSUE.md --engine search --repro "npm test -- slug"', 10],
  ["claw fix ISSUE.md --json </dev/null | tail -1 | jq -r .outcome", 10],
  ["claw fix ISSUE.md --model local/qwen3-coder", 10],
  ["claw fix 123", 10],
  ["claw fix https://github.com/owner/repo/issues/123 --no-pr", 10],
  ['claw fix --event "$GITHUB_EVENT_PATH" --no-pr', 10],
  ["claw triage report.xml build.log --json", 32],
  ["claw flow check mend.yaml", 0, { green: true }],
  ["claw flow run mend.yaml --input reruns=5 --budget-usd 10", 0, { green: true }],
  ["claw tree <run>", 0, { green: true }],
  ["cd ~/nightly/project && git pull -q && claw triage --fix --budget-usd 2 --notify </dev/null", 0],
  ["cd ~/nightly/project && git pull -q && claw nightly --max-prs 3 --budget-usd 20 --until 06:00 </dev/null", 0],
  ['flock -n "$HOME/nightly/lock" "$HOME/nightly/nightly-triage.sh" "$HOME/nightly/project"', 0],
  ['flock -n "$HOME/nightly/night.lock" "$HOME/nightly/nightly.sh" "$HOME/nightly/project"', 0],
  ['claw fleet init --store "postgres://claw@db.example.com/claw?sslmode=verify-full"', 0],
  ["claw fleet push", 0],
  ["claw fleet status", 0],
];

/** Lines that are not executed, and why. */
const left: Readonly<Record<string, string>> = {
  "npm ci && npm run demo": "installs packages; the demo is one of test/e2e/search.test.ts",
  "npm ci && npm test": "installs packages; it is what runs this",
  "export OPENAI_API_KEY=…": "stands for a key: the model of these tests is in the user's configuration",
  "export GITHUB_TOKEN=…": "stands for a token: that of these tests is in the user's configuration",
  "cd your-repository": "where all of this is executed",
  "PATH=/usr/local/bin:/usr/bin:/bin": "a setting of cron's, not a command",
  "createdb --encoding UTF8 --template template0 claw": "a database of the tests is made over SQL",
  "git ls-remote origin 'refs/claw/claims/*'": "git's own, on a forge",
  "git push origin --delete refs/claw/claims/123-1": "git's own, on a forge",
};

const report = `<testsuites><testsuite name="sum"><testcase name="an empty list adds up to 0" classname="test" file="test/date.test.ts"><failure message="getaddrinfo EAI_AGAIN db.example.org">Error</failure></testcase></testsuite></testsuites>`;

async function prepared() {
  const used = machine();
  let does: "mends" | "nothing" | "away" = "nothing";
  const mends = playing({ reproduce: reproducesSum, patch: patchesSum });
  const model = await startModelServer(
    (request) =>
      does === "mends" ? mends(request) : does === "away" ? { fault: "status", status: 401 } : blocked("I cannot"),
    ["qwen3-coder"],
  );
  const cwd = await used.repository("your-repository", {
    ...sumRepository,
    "ISSUE.md": sumIssue,
    "report.xml": report,
    "build.log": "",
  });
  const cloned = (name: string): string => {
    execFileSync("git", ["clone", "--quiet", "--bare", cwd, join(used.dir, name)]);
    return join(used.dir, name);
  };
  // The project of the nights is one in which nothing fails.
  const green = cloned("project.git");
  writeFileSync(join(cwd, "test", "date.test.ts"), emptyListTest);
  await used.git(cwd, "add", ".");
  await used.git(cwd, "commit", "--quiet", "--message", "Test what fails");
  const forge = await startForgeServer(cloned("r.git"));
  onTestFinished(async () => {
    await Promise.all([model.close(), forge.close()]);
    used.remove();
  });
  forge.issues.set(123, { title: "sum([]) throws a TypeError", body: "An empty list adds up to 0.", comments: [] });
  await used.git(cwd, "remote", "add", "origin", `${forge.url}/o/r.git`);
  const home = used.env["HOME"] ?? "";
  mkdirSync(join(home, ".config", "claw"), { recursive: true });
  const host = { api: `${forge.url}/api/v3`, web: forge.url, token: { env: "FORGE_TOKEN" } };
  writeFileSync(
    join(home, ".config", "claw", "config.yaml"),
    JSON.stringify({
      model: "local/qwen3-coder",
      endpoints: { local: { baseUrl: model.url } },
      forge: { labels: ["claw"], hosts: { [forge.host]: host } },
    }),
  );
  const nightly = join(home, "nightly");
  mkdirSync(nightly);
  const project = join(nightly, "project");
  execFileSync("git", ["clone", "--quiet", green, project]);
  // Git's own credentials are the reader's.
  for (const [key, value] of [
    ["remote.origin.url", `${forge.url}/o/r.git`],
    [`url.${green}.insteadOf`, `${forge.url}/o/r.git`],
  ] as const)
    execFileSync("git", ["-C", project, "config", key, value]);
  for (const script of globSync("examples/cron/*.sh"))
    copyFileSync(script, join(nightly, script.split("/").at(-1) ?? ""));
  const event = join(used.dir, "event.json");
  forge.permissions.set("ada", "write");
  const about = { repository: { full_name: "o/r" }, sender: { login: "ada" }, issue: { number: 123 } };
  writeFileSync(event, JSON.stringify({ ...about, action: "labeled", label: { name: "claw" } }));
  const database = await freshDatabase();
  const env = { ...(used.env as Record<string, string>), FORGE_TOKEN: forge.token };
  const claw = await answeringClaw(used.dir, env);
  onTestFinished(() => claw.close());
  const fromEvent = { GITHUB_EVENT_PATH: event, GITHUB_EVENT_NAME: "issues" };
  const [, flow = ""] = /^```yaml\n(# mend\.yaml[^]*?)^```/m.exec(readFileSync("docs/flows.md", "utf8")) ?? [];
  writeFileSync(join(project, "mend.yaml"), flow);
  return {
    cwd,
    project,
    become: (what: typeof does): void => void (does = what),
    /** Addresses of documents stand for servers of the test, <run> for the newest one. */
    elsewhere: (line: string): string =>
      line
        .replace("postgres://claw@db.example.com/claw?sslmode=verify-full", database)
        .replace("github.com/owner/repo", `${forge.host}/o/r`)
        .replace(" <run>", ""),
    sh: (line: string, at: string) =>
      claw.sh(line, at, {
        ...(line.includes("--event") && fromEvent),
        ...(/ fleet (?!init)/.test(line) && { CLAW_STORE: database }),
      }),
  };
}

test("each line of the README, the documents and the examples is executed, or it is said why not", () => {
  expect(lines.toSorted()).toEqual([...executed.map(([line]) => line), ...Object.keys(left)].toSorted());
});

test("every line of claw's in the README, the documents and the examples does what is said of it, word for word", async () => {
  const { cwd, project, sh, become, elsewhere } = await prepared();
  const ended: (readonly [string, number, string])[] = [];
  for (const [line, code, { model, before, green } = {}] of executed) {
    if (before !== undefined) await sh(before, cwd);
    become(model ?? "nothing");
    const { code: came, out, err } = await sh(elsewhere(line), green ? project : cwd);
    ended.push([line, came, came === code ? "" : `${out}${err}`]);
  }
  expect(ended).toEqual(executed.map(([line, code]) => [line, code, ""]));
});

test("what the workflows write as a person's configuration is one, and systemd takes the timers and what they start", () => {
  const home = temporaryDirectory();
  for (const file of ["label", "comment"]) {
    const { jobs } = parse(readFileSync(`examples/ci/${file}.yml`, "utf8")) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    const steps = Object.values(jobs).flatMap((job) =>
      job.steps.flatMap(({ run = "" }) => (run.includes("config.yaml") ? [run] : [])),
    );
    expect(steps).toHaveLength(1);
    for (const step of steps)
      execFileSync("bash", ["-eo", "pipefail", "-c", step], { env: { PATH: process.env["PATH"], HOME: home } });
    expect(loadConfig({ HOME: home }).user).toMatchObject({ model: "openai/gpt-5.6-terra" });
  }
  const crontab = linesOf("examples/cron/crontab.example").join("\n");
  for (const name of ["claw-nightly", "claw-triage"]) {
    const unit = (kind: string): string => readFileSync(`examples/cron/${name}.${kind}`, "utf8");
    const [, starts = ""] = /^ExecStart=(.*)$/m.exec(unit("service")) ?? [];
    expect(crontab).toContain(starts.replaceAll(/%h(\S+)/g, '"$HOME$1"'));
    const [, at = ""] = /^OnCalendar=\*-\*-\* (\d\d:\d\d):00$/m.exec(unit("timer")) ?? [];
    const [minute, hour] = [Number(at.slice(3)), Number(at.slice(0, 2))];
    expect(readFileSync("examples/cron/crontab.example", "utf8")).toContain(`\n${minute} ${hour} * * * flock`);
  }
});
