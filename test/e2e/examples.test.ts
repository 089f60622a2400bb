import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { type Machine, machine, resultOf } from "../support/claw.ts";
import { type as typed } from "../support/cli-desk.ts";

const machines: Machine[] = [];
afterEach(() => machines.splice(0).forEach((used) => used.remove()));

const examples = [
  { name: "slug-vitest-ts", changed: "src/unique.ts" },
  { name: "duration-node-test", changed: "src/format.js" },
  { name: "ledger-pytest", changed: "ledger/money.py" },
];

test.for(examples)(
  "$name: the recorded session is proven for real, and every command answers from the ledger",
  async ({ name, changed }) => {
    const used = machine();
    machines.push(used);
    const cwd = await used.example(name);

    const run = await used.claw(["fix", "ISSUE.md", "--model", "scripted:session.json", "--json"], { cwd });

    expect(run.code, run.stderr).toBe(0);
    const result = resultOf(run) as unknown as {
      run: string;
      branch: string;
      model: { label: string };
      gates: { verdict: string }[];
    };
    expect(result).toMatchObject({ outcome: "proven", spend: { usd: 0 }, diff: { deleted: expect.any(Number) } });
    expect(result.model.label).toContain("recorded replies, no model");
    expect(result.gates.map(({ verdict }) => verdict)).not.toContain("block");
    expect(await used.git(cwd, "status", "--porcelain")).toBe("");

    // Not in the process of the run: what is known here is read in the ledger.
    const answer = async (...args: string[]): Promise<string> => {
      const progress = { note: () => {}, signal: new AbortController().signal };
      const app = openApp("0.0.0", progress, undefined, loadConfig({ ...used.env }));
      try {
        const { code, out, err } = await typed(args, { cwd, app });
        expect(code, err).toBe(0);
        return out;
      } finally {
        await app.close();
      }
    };
    expect(await answer("runs")).toMatch(new RegExp(`${result.run}.*proven.*${result.branch}`));
    expect(await answer("show", result.run.slice(0, 9))).toContain("the test fails again without the patch");
    expect(await answer("log", result.run)).toContain("red again without the patch: red");
    const diff = await answer("diff", result.run);
    expect(diff).toContain(`b/${changed}`);

    await answer("apply", result.run);
    expect(await used.git(cwd, "diff", "--stat")).toContain(changed);
    expect(readFileSync(join(cwd, changed), "utf8")).toBe(
      `${await used.git(cwd, "show", `${result.branch}:${changed}`)}\n`,
    );
  },
);
