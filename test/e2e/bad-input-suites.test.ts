import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultOf } from "../support/claw.ts";
import { bash } from "../support/plays.ts";
import { ending, scene, wholePlay } from "../support/scene.ts";
import { patchesSum, sumRepository } from "../support/shell-sum.ts";

const processes = (): string => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });

test("a repository without tests ends with exit 23 and says how to name the command, also when the model has no idea", async () => {
  const { fix, leftovers } = await scene({}, { "sum.sh": sumRepository["sum.sh"] });
  expect(ending(await fix())).toEqual({
    code: 23,
    outcome: "workspace",
    reason: "no tests were found in this repository",
    hint: expect.stringContaining("--test-command"),
  });
  expect(leftovers()).toEqual([]);
});

test("a suite that hangs is ended at test.timeoutSeconds with all it started, and no model is asked", async () => {
  const manifest = "test:\n  command: setsid sleep 98761 & sleep 98762\n  timeoutSeconds: 1\n";
  const { fix, server, leftovers } = await scene(wholePlay, { ...sumRepository, "claw.yaml": manifest });
  expect(ending(await fix())).toMatchObject({
    code: 23,
    reason: expect.stringContaining("did not end within"),
    hint: expect.stringContaining("test.timeoutSeconds"),
  });
  expect(processes()).not.toMatch(/^sleep 9876[12]/m);
  expect([server.requests, leftovers()]).toEqual([[], []]);
});

const useless: Readonly<Record<string, readonly [command: string, why: string]>> = {
  "that prints 1 GB": ["yes | head -c 1000000000", "it printed too much"],
  "that is no command": ["nonesuch --all", "there is no such command"],
  "that fails on the base as a whole": ["exit 7", "it fails on the base (exit code 7), and its single tests cannot be"],
};

test.for(Object.keys(useless))("a suite %s cannot be judged: exit 23, and no model is asked", async (name) => {
  const [command = "", why = ""] = useless[name] ?? [];
  const { fix, server, leftovers } = await scene();
  const run = await fix("--test-command", command);
  expect(ending(run)).toMatchObject({
    code: 23,
    outcome: "workspace",
    reason: expect.stringContaining(why),
    hint: expect.stringContaining("--test-command"),
  });
  expect([server.requests, leftovers()]).toEqual([[], []]);
});

test("a command with quotes, a daemon, locked directories, writes outside and paths too long for the system harm nothing and end proven", async () => {
  const outside = join(tmpdir(), "claw-was-here");
  const script = `echo "it's \\"quoted\\"" > '/tmp/claw-was-here'; (setsid sleep 98763 &) ; mkdir -p ro ~/locked && touch ro/f ~/locked/f && chmod 500 ro ~/locked; echo x > ${outside}; echo y > ../up; sh test/run.sh`;
  const dig = "for i in $(seq 500); do mkdir dddddddddd; cd dddddddddd; done; touch x";
  const { fix, leftovers, used, cwd } = await scene({
    ...wholePlay,
    patch: [bash(`mkdir node_modules && cd node_modules && ${dig}`), ...patchesSum],
  });
  // Tracked although .gitignore names it.
  execFileSync("bash", ["-c", "mkdir build && echo kept > build/kept.txt && echo build > .gitignore"], { cwd });
  await used.git(cwd, "add", "--force", ".gitignore", "build/kept.txt");
  await used.git(cwd, "commit", "--quiet", "--message=kept");
  const run = await fix("--test-command", script);
  expect(run.code, run.stderr).toBe(0);
  const { run: id, diff } = resultOf(run) as unknown as { run: string; diff: { files: number } };
  expect(diff.files, "what is tracked stays as it was").toBe(2);
  expect([existsSync(outside), existsSync(join(used.dir, "up")), leftovers()]).toEqual([false, false, []]);
  expect(processes()).not.toMatch(/^sleep 98763/m);
  expect(execFileSync("ls", [join(used.clawHome, "runs", id)], { encoding: "utf8" })).toBe("report.md\n");
});
