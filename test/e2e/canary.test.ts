import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../src/store/sqlite.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { bash, finish, write } from "../support/plays.ts";
import { scene } from "../support/scene.ts";
import { patchesSum, reproducesSum, sumRepository } from "../support/shell-sum.ts";

/** Looks like no credential that has a shape; only its value gives it away. */
const canary = "velvet-Otter/91+harbour_lamp";
const base64 = Buffer.from(canary).toString("base64");

/** Everything that lies below a directory, as text. */
const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"));

test("a resolved key, planted wherever words come in, is in nothing that is stored, shown, sent or exported", async () => {
  const { used, server, cwd, env } = await scene(
    {
      reproduce: [bash(`cat notes.md; echo ${canary} >&2; echo ${base64}`), ...reproducesSum],
      patch: [
        write("notes2.md", `key ${canary}\n`),
        bash("rm notes2.md"),
        ...patchesSum.slice(0, -1),
        finish(`The key ${canary} was not needed, nor ${base64}.`),
      ],
    },
    { ...sumRepository, "notes.md": `the key is ${canary}\n` },
  );
  const keyFile = join(used.dir, "key");
  writeFileSync(keyFile, `${canary}\n`, { mode: 0o600 });
  const config = join(used.dir, "home", ".config", "claw");
  mkdirSync(config, { recursive: true });
  writeFileSync(
    join(config, "config.yaml"),
    `model: mine/test-model\nendpoints:\n  mine:\n    baseUrl: ${env.OPENAI_BASE_URL}\n    key: { file: ${keyFile} }\n`,
  );
  const issue = `sum([]) throws. My key is ${canary}, also ${base64}.`;
  const typed = (...args: string[]) => used.claw(args, { cwd, env: { TMPDIR: env.TMPDIR } });

  const run = await typed("fix", issue);
  expect(run.code, run.stderr).toBe(0);
  expect(server.requests[0]?.headers["authorization"]).toBe(`Bearer ${canary}`);

  const id = /claw\/[a-z0-9-]+-([0-9a-z]{12})/.exec(run.stdout)?.[1] ?? "";
  const seen = await Promise.all([
    typed("log", id, "--full"),
    typed("log", id, "--json"),
    typed("show", id, "--json"),
    typed("why", id),
    typed("audit", "export", id),
    typed("audit", "export", id, "--format", "otel"),
    typed("log", id, "--prompt", "patch:2"),
  ]);
  const exported = (seen[4]?.stdout ?? "").split("\n").filter((line) => line.startsWith('{"type":"body"'));
  const bodies = exported.map((line) => {
    const { data } = JSON.parse(line) as { data: string | null };
    return Buffer.from(data ?? "", "base64").toString("latin1");
  });
  const store = await openSqlite(join(used.clawHome, "ledger.sqlite"));
  const stored = (await store.bodiesAfter("", 10_000)).map(({ data }) => Buffer.from(data ?? []).toString("latin1"));
  await store.close();

  // The pull request that the run becomes, and a crash whose message holds the key.
  const bare = join(used.dir, "r.git");
  execFileSync("git", ["clone", "--quiet", "--bare", cwd, bare]);
  const forge = await startForgeServer(bare);
  onTestFinished(() => forge.close());
  await used.git(cwd, "remote", "add", "origin", `${forge.url}/o/r.git`);
  writeFileSync(join(used.dir, "forge-key"), `${forge.token}\n`, { mode: 0o600 });
  appendFileSync(
    join(config, "config.yaml"),
    `forge:\n  hosts:\n    "${forge.host}": { api: ${forge.url}/api/v3, web: ${forge.url}, token: { file: ${join(used.dir, "forge-key")} } }\n`,
  );
  const published = await typed("publish", id);
  expect(published.code, published.stderr).toBe(0);
  expect(forge.pulls[0]?.title).toContain("My key is [redacted: ");
  const crash = join(used.dir, "crash.mjs");
  writeFileSync(crash, `process.stdout.write = () => { throw new Error("cannot write ${canary} ${base64}"); };\n`);
  const crashed = await used.claw(["runs"], {
    cwd,
    env: { TMPDIR: env.TMPDIR, NODE_OPTIONS: `--import=${pathToFileURL(crash).href}` },
  });
  expect([crashed.code, crashed.stderr]).toEqual([1, expect.stringContaining("Error: cannot write [redacted: ")]);

  const everything = {
    "the pull request": [JSON.stringify(forge.pulls), JSON.stringify(forge.checks), published.stdout, published.stderr],
    "what the forge was sent": forge.calls.map(({ body }) => body),
    "a crash's trace": [crashed.stdout + crashed.stderr],
    terminal: [run, ...seen].map(({ stdout, stderr }) => stdout + stderr),
    "exported bodies": bodies,
    "stored bodies": stored,
    "files of claw's own": filesBelow(used.clawHome),
    "what the model was sent": server.requests.map(({ raw }) => raw),
    "the commit's message": [await used.git(cwd, "log", "-1", "--format=%B", `--branches=claw/*`)],
  };
  expect(stored.some((text) => text.includes("[redacted: "))).toBe(true);
  const found = Object.entries(everything).filter(([, texts]) =>
    texts.some((text) => text.includes(canary) || text.includes(base64)),
  );
  expect(found.map(([where]) => where)).toEqual([]);
});
