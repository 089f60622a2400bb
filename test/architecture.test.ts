import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as plan from "./support/floor-plan.ts";
import type { Offences, Source } from "./support/floor-plan.ts";

interface Rule {
  readonly holds: string;
  readonly check: (sources: readonly Source[]) => Offences;
  /** A source that breaks the rule, and the room it would need around it. */
  readonly offender: Source;
  readonly around?: readonly Source[];
  /** Sources close to the offence that are fine. */
  readonly fine: readonly Source[];
}

const source = (file: string, text: string): Source => ({ file, text });

const rules: readonly Rule[] = [
  {
    holds: "every room is on the floor plan",
    check: plan.strangeRooms,
    offender: source("plugins/loader.ts", ""),
    fine: [source("gates/size.ts", ""), source("text.ts", "")],
  },
  {
    holds: "imports point down the floor plan",
    check: plan.upwardImports,
    offender: source("agent/loop.ts", 'import { Timeline } from "../tui/timeline.tsx";'),
    fine: [
      source("agent/perform.ts", 'import { judge } from "../policy/judge.ts";'),
      source("agent/turn.ts", 'import * as tools from "../tools/all.ts";'),
      source("cli/command.ts", 'import type { App } from "../app.ts";'),
      source("config.ts", 'import { UsageError } from "./errors.ts";'),
    ],
  },
  {
    holds: "hands are strangers to each other",
    check: plan.upwardImports,
    offender: source("repo/clone.ts", 'export { openSandbox } from "../sandbox/open.ts";'),
    fine: [source("repo/diff.ts", 'import { short } from "../text.ts";')],
  },
  {
    holds: "faces know the wiring by its types only",
    check: plan.upwardImports,
    offender: source("cli/program.ts", 'const { openApp } = await import("../app.ts");'),
    fine: [source("main.ts", 'const { openApp } = await import("./app.ts");')],
  },
  {
    holds: "nothing is imported from outside src/",
    check: plan.upwardImports,
    offender: source("main.ts", 'import { desk } from "../test/desk.ts";'),
    fine: [source("cli/commands/fix.ts", 'import { short } from "../../text.ts";')],
  },
  {
    holds: "each vendor has one home",
    check: plan.strayVendors,
    offender: source("workflows/fix.ts", 'import OpenAI from "openai";'),
    fine: [
      source("models/openai-chat.ts", 'import OpenAI from "openai";'),
      source("policy/manifest.ts", 'import { z } from "zod";'),
      source("repo/host-git.ts", 'import { spawn } from "node:child_process";'),
      source("tui/timeline.tsx", 'import { jsx } from "react/jsx-runtime";'),
    ],
  },
  {
    holds: "a package without a home is refused",
    check: plan.strayVendors,
    offender: source("cli/commands/fix.ts", 'import got from "got";'),
    fine: [source("cli/commands/fix.ts", 'import { readFile } from "node:fs/promises";')],
  },
  {
    holds: "processes are started in sandbox/ and repo/ only",
    check: plan.strayVendors,
    offender: source("workflows/fix.ts", 'import { spawn } from "child_process";'),
    fine: [source("sandbox/launch.ts", 'import { spawn } from "node:child_process";')],
  },
  ...[
    ["are not async", "export async function judge() {}"],
    ["do not wait", "export const one = await load();"],
    ["read no clock", "export const due = (at: number) => at < Date.now();"],
    ["make no dates from nothing", "export const today = new Date();"],
    ["use no chance", "export const dice = Math.random();"],
    ["import nothing of Node", 'import { join } from "node:path";'],
    ["import nothing of Node under its old name", 'import { createHash } from "crypto";'],
  ].map(([what = "", text = ""]): Rule => ({
    holds: `rules ${what}`,
    check: plan.impureRules,
    offender: source("views/run.ts", text),
    fine: [
      source("agent/loop.ts", text),
      source("suite/detect.ts", '// async, Date.now()\nconst word = "async"; const at = new Date(0);'),
    ],
  })),
  {
    holds: "no file outgrows a reading",
    check: plan.overgrownFiles,
    offender: source("workflows/fix.ts", "x;\n".repeat(301)),
    fine: [source("workflows/fix.ts", "x;\n".repeat(300))],
  },
  {
    holds: "registries are complete",
    check: plan.unregisteredFiles,
    offender: source("tools/grep.ts", ""),
    around: [source("tools/all.ts", 'export { bash } from "./bash.ts";'), source("tools/bash.ts", "")],
    fine: [
      source("tools/all.ts", 'export { edit } from "./edit.ts";'),
      source("tools/edit.ts", 'import type { Tool } from "./tool.ts";'),
      source("tools/tool.ts", ""),
      source("views/run.ts", ""),
    ],
  },
  {
    holds: "every command is on the menu",
    check: plan.commandsOffTheMenu,
    offender: source("cli/commands/verify.ts", ""),
    around: [source("cli/program.ts", 'const menu = [async () => await import("./commands/fix.ts")];')],
    fine: [
      source("cli/program.ts", 'const menu = [async () => await import("./commands/fix.ts")];'),
      source("cli/commands/fix.ts", ""),
    ],
  },
  ...["repo/utils.ts", "sandbox/types.ts", "models/helpers/http.ts", "store/index.ts"].map((file): Rule => ({
    holds: `no drawers: ${file}`,
    check: plan.drawerNames,
    offender: source(file, ""),
    fine: [source("repo/host-git.ts", "")],
  })),
  {
    holds: "nothing is exported as default",
    check: plan.defaultExports,
    offender: source("cli/commands/fix.ts", "export default function fix() {}"),
    fine: [source("cli/commands/fix.ts", "export function fix() {} // no export default")],
  },
  {
    holds: "only config.ts reads the environment",
    check: plan.environmentReads,
    offender: source("models/retry.ts", "const retries = process.env.CLAW_RETRIES;"),
    fine: [
      source("config.ts", "const home = process.env.CLAW_HOME;"),
      source("sandbox/open.ts", 'const hint = "never process.env";'),
    ],
  },
  {
    holds: "the environment has no second name",
    check: plan.environmentReads,
    offender: source("models/retry.ts", 'import { env } from "node:process";'),
    fine: [source("main.ts", "process.exitCode = 1;")],
  },
];

const house = globSync("**/*.{ts,tsx}", { cwd: "src" })
  .toSorted()
  .map((file) => source(file, readFileSync(`src/${file}`, "utf8")));

describe.each(rules)("$holds", ({ check, offender, around, fine }) => {
  test("in this house", () => {
    expect(house.length).toBeGreaterThan(0);
    expect(check(house)).toEqual([]);
  });

  test("and the check can fail", () => {
    expect(check([...(around ?? []), offender])).toHaveLength(1);
    expect(check(fine)).toEqual([]);
  });
});
