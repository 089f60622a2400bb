import { expect, onTestFinished, test } from "vitest";
import { setGate } from "../../src/fleet/gate.ts";
import { openForge } from "../../src/forge/open.ts";
import { git, temporary } from "../repo/fixture.ts";
import { type, type TypedOptions } from "../support/cli-desk.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { added, withTasks } from "../support/pool.ts";

test("a dry run asks the forge as the night would, shows in its order what it would take, and takes nothing", async () => {
  const server = await startForgeServer(temporary());
  onTestFinished(() => server.close());
  const { host, url, token } = server;
  server.issues.set(7, { title: "sum([]) throws", body: "It should be 0.", labels: ["claw"] });
  server.issues.set(8, { title: "not for machines", body: "Think about it." });
  server.runs.set(3, { name: "test", conclusion: "failure" } as never);
  const cwd = temporary();
  git(cwd, "init", "--quiet");
  git(cwd, "commit", "--quiet", "--allow-empty", "--message=first");
  const ledger = await withTasks();
  await ledger.addTask("t-aaaa", added("means are wrong", { repository: cwd }));
  const credential = async () => ({ kind: "tokens", read: token, write: token }) as const;
  const hosts = { [host]: { api: `${url}/api/v3`, web: url } };
  const wishes = { hosts, credential, onToken: () => {}, version: "t", patienceMs: 0, paced: false, now: Date.now };
  const app: TypedOptions["app"] = { forge: async (place) => openForge(place, wishes) };
  const night = (...words: string[]) => type(["nightly", "--dry-run", ...words], { ledger, cwd, app });

  expect(await night()).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^1\. means are wrong/),
    err: expect.stringContaining("has no remote called origin"),
  });
  git(cwd, "remote", "add", "origin", `https://${host}/o/r.git`);
  const { code, out } = await night("--json");
  const plan = JSON.parse(out) as { readonly work: readonly { readonly kind: string; readonly isNew: boolean }[] };
  expect([code, plan.work.map(({ kind, isNew }) => `${kind} ${isNew}`)]).toEqual([
    0,
    ["ci true", "issue true", "task false"],
  ]);
  await setGate(ledger, { state: "paused", by: "bob", at: 1 });
  expect((await night()).err).toMatch(
    /o\/r was asked\n.*paused by bob[^]*3 tasks; at most 3 draft pull requests and \$10/,
  );
  expect(await ledger.unindexed(undefined, "task")).toEqual([]); // the one that was there was listed, and no other came
  expect((await night("--no-issues", "--no-ci")).out).not.toContain("new");
  await server.close();
  const away = await night("--json");
  expect([away.code, JSON.parse(away.out)]).toEqual([
    22,
    expect.objectContaining({ notes: [expect.stringMatching(/not asked/)] }),
  ]);
});
