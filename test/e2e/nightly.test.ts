import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { leave, place } from "../../scripts/disturbed-run.ts";
import { resultOf } from "../support/claw.ts";

test("a night that is killed in the middle goes on when it is started again, and tells of one draft pull request", async () => {
  const at = await place();
  const { used, cwd, env, forge } = at;
  forge.issues.set(7, { title: "sum prints nothing for nothing", body: "Nothing adds up to 0.", labels: ["claw"] });
  const report = join(used.dir, "night.md");
  const words = ["nightly", "--until", "1h", "--max-prs", "1", "--report", report, "--json"];
  const first = used.start(words, { cwd, env });
  first.child.stdin?.end();
  let said = "";
  first.child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('"kind":"run"')) first.child.kill("SIGKILL");
  });
  expect((await first.done).code).toBeNull();
  const finished = await used.claw(words, { cwd, env });
  const [url] = forge.pulls.map((pull) => pull.html_url);
  expect([finished.code, forge.pulls.length]).toEqual([0, 1]);
  const night = resultOf(finished) as unknown as { readonly night: string };
  expect(night).toMatchObject({
    type: "night",
    outcome: "done",
    pullRequests: [url],
    rows: [{ outcome: "proven", state: "ended", pullRequest: url }],
  });
  expect(said).toContain(night.night);
  expect(readFileSync(report, "utf8")).toMatch(/^# Night of [\s\S]*\*\*: proven, draft pull request/);
  const tree = await used.claw(["tree", night.night], { cwd, env });
  expect(tree.stdout).toMatch(/nightly {2}done[\s\S]*fix {2}proven/);
  const again = await used.claw(["nightly", "--json"], { cwd, env });
  expect([again.code, forge.pulls.length, resultOf(again)]).toMatchObject([0, 1, { rows: [], pullRequests: [] }]);
  const nowhere = await used.claw(["nightly", "--report", join(used.dir, "none", "night.md")], { cwd, env });
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringMatching(/cannot be written/)]);
  await leave(at);
});
