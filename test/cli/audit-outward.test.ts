import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { machine } from "../support/claw.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { patchText, pieces, recordProvenFix } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A collector, and a config.yaml that names it with a token. */
async function collector(status = 200) {
  const seen: { authorization: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ authorization: request.headers.authorization, body });
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const dir = temporaryDirectory();
  mkdirSync(join(dir, "claw"));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  writeFileSync(
    join(dir, "claw", "config.yaml"),
    `audit: { otlp: { endpoint: "${endpoint}", token: { env: OTLP_TOKEN } } }\n`,
  );
  return { seen, endpoint, environment: { XDG_CONFIG_HOME: dir, OTLP_TOKEN: "a-token-for-the-collector" } };
}

const send = ["audit", "export", "--format", "otel", "--send"];

test("spans are posted to the collector that is configured, with its token", async () => {
  const { ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  const { seen, endpoint, environment } = await collector();
  expect(await type(send, { ledger, environment })).toEqual({ code: 0, out: "", err: `sent: ${endpoint}\n` });
  expect(seen).toHaveLength(1);
  expect(seen[0]?.authorization).toBe("Bearer a-token-for-the-collector");
  expect(JSON.parse(seen[0]?.body ?? "")).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: {} }] }] });
});

test("a collector that is not there, refuses or leads elsewhere is told, and none is a matter of configuration", async () => {
  const { ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  for (const status of [503, 307]) {
    const { environment, seen } = await collector(status);
    expect(await type(send, { ledger, environment })).toMatchObject({
      code: 24,
      err: expect.stringContaining(`did not take the spans: it answered ${status}`),
    });
    expect(seen).toHaveLength(1);
  }
  expect((await type(send, { ledger })).err).toContain("there is no collector to send to");
  expect((await type(["audit", "export", "--send"], { ledger })).code).toBe(2);
});

test("a note is put on the run's commit on request, beside those that are there, and never over another", async () => {
  const user = machine();
  onTestFinished(() => user.remove());
  const cwd = await user.repository("project", { "a.js": "1;\n" });
  const commit = await user.git(cwd, "rev-parse", "HEAD");
  const other = await user.git(cwd, "commit-tree", "HEAD^{tree}", "-m", "other");
  await user.git(cwd, "notes", "--ref=ai", "add", "-m", "somebody's", other);
  const { ledger } = await ledgerFile();
  const log = await ledger.open("aaa1");
  const { started } = pieces(log, cwd);
  await log.append(started as Event);
  const patch = { from: commit, to: commit, files: 1, added: 1, deleted: 0, summary: "", patch: log.put(patchText) };
  await log.append({ type: "diff.taken", purpose: "patch", ...patch });
  const output = { branch: "claw/a-aaa1", commit, report: "" };
  await log.append({ type: "stage.started", stage: "publish" });
  await log.append({ type: "stage.finished", stage: "publish", output });
  await log.append({ type: "effect.judged", effect: "branch", key: "k", verdict: "allow", rule: "", target: commit });
  await log.append({ type: "effect.done", effect: "branch", key: "k", result: "claw/a-aaa1" });
  await log.close();
  const write = () => type(["audit", "export", "aaa1", "--format", "git-note", "--write-note"], { ledger });

  const first = await write();
  expect(first).toEqual({ code: 0, out: "", err: `written: refs/notes/ai on ${commit.slice(0, 12)}\n` });
  expect(await user.git(cwd, "notes", "--ref=ai", "show", commit)).toContain('"schema_version": "authorship/3.0.0"');
  expect(await user.git(cwd, "notes", "--ref=ai", "show", other)).toBe("somebody's");
  const tip = await user.git(cwd, "rev-parse", "refs/notes/ai");
  expect((await write()).code).toBe(0);
  expect(await user.git(cwd, "rev-parse", "refs/notes/ai")).toBe(tip);
  await user.git(cwd, "notes", "--ref=ai", "add", "-f", "-m", "another", commit);
  expect(await write()).toMatchObject({ code: 2, err: expect.stringContaining("has another note") });
  expect(await user.git(cwd, "notes", "--ref=ai", "show", commit)).toBe("another");
});

test.each(["https://github.com/o/r/pull/12", "https://github.com/o/r/pull/12/files?w=1", "#12"])(
  "a run is found by the pull request it opened: %s",
  async (what) => {
    const { ledger } = await ledgerFile();
    await recordProvenFix(ledger, "aaa1");
    const log = await ledger.open("aaa1");
    const result = "https://github.com/o/r/pull/12";
    await log.append({ type: "effect.done", effect: "pull-request", key: "aaa1:publish:pull-request", result });
    await log.close();
    await recordProvenFix(ledger, "aaa2");
    const answered = await type(["audit", "answer", what, "--no-repository"], { ledger });
    expect(answered.code, answered.err).toBe(0);
    expect(answered.out).toContain("run aaa1");
    const other = await type(["audit", "answer", "#1", "--no-repository"], { ledger });
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("no run of this ledger opened #1")]);
  },
);
