import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { git, makeRepository, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { forgesOf } from "../support/open-forges.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

async function forgeAndClone() {
  const server = await startForgeServer("/nonexistent");
  onTestFinished(() => server.close());
  const { url } = server;
  const cwd = makeRepository({ a: "1" });
  git(cwd, "remote", "add", "origin", `${url}/o/r.git`);
  const forge = forgesOf(server);
  return { server, cwd, forge };
}

test("an event asks for work in the name of who did it: by what the repository lets them do, and never beside a stranger's commit", async () => {
  const { server, cwd, forge } = await forgeAndClone();
  server.issues.set(8, { title: "t", body: "b", pull_request: {} });
  const event = join(temporary(), "event.json");
  const fix = async (name: string, ...args: string[]) => {
    const { code, err } = await type(["fix", ...args], {
      cwd,
      app: { forge },
      environment: { GITHUB_EVENT_NAME: name },
    });
    return [code, err.split("\n")[0]];
  };
  const of = (repository: string) => ({
    repository: { full_name: repository },
    sender: { login: "eve" },
    issue: { number: 8 },
  });
  const labelled = (repository: string): void =>
    writeFileSync(event, JSON.stringify({ ...of(repository), action: "labeled", label: { name: "claw" } }));
  labelled("o/r");
  expect(await fix("issues", "--event", event)).toEqual([13, expect.stringContaining("eve may not write to o/r")]);
  server.permissions.set("eve", "write");
  expect(await fix("issues", "--event", event)).toEqual([2, expect.stringContaining("#8 of")]);
  expect(await fix("issues", "9", "--event", event)).toEqual([2, expect.stringContaining("about #8, and not 9")]);
  expect(await fix("issues", "--event", event, "--label", "go")).toEqual([
    13,
    expect.stringContaining("not labelled go"),
  ]);
  expect(await fix("issues", "--event", "none.json")).toEqual([2, expect.stringContaining("cannot be read")]);
  labelled("x/y");
  expect(await fix("issues", "--event", event)).toEqual([
    2,
    expect.stringContaining("of x/y, and this is a clone of o/r"),
  ]);
  expect(await fix("pull_request_target", "text")).toEqual([13, expect.stringContaining("claw does not work there")]);
  const triage = await type(["triage", "--fix"], { cwd, environment: { GITHUB_EVENT_NAME: "pull_request_target" } });
  expect([triage.code, triage.err]).toEqual([13, expect.stringContaining("claw does not work there")]);
  expect((await type(["fix", "--event", event], { cwd, app: { forge } })).err).toContain("the event has no name");
});

test("before work begins, other open issues that may tell of the same are named; an older one with the same words is worked on instead", async () => {
  const { server, cwd, forge } = await forgeAndClone();
  const same = { title: "Sum of nothing", body: "It throws." };
  server.issues.set(3, same).set(4, same).set(5, { title: "sum of nothing!", body: "Should be 0." });
  const ledger = await memoryLedger();
  const house = () => Promise.reject(new UsageError("far enough", ""));
  const fix = (...args: string[]) =>
    type(["fix", "--dry-run", "--engine", "search", ...args], { cwd, ledger, app: { forge, house } });
  const twin = await fix("4");
  expect([twin.code, twin.err]).toEqual([13, expect.stringContaining("word for word what #3 says")]);
  expect((await fix("4", "--again")).err).toContain("far enough");
  expect((await fix("3")).err).toMatch(
    /^#5 may tell of the same, for it has the same title: .*\n#4 may .*\n[^]*far enough/,
  );
});
