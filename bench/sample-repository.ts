import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "./desk.ts";

const MODULES = 10;
const FUNCTIONS = 12;

/** A line that the trajectory changes. */
export const marker = {
  path: "src/part1.js",
  before: 'export const state = "before";',
  after: 'export const state = "after";',
};

/** A git repository with one commit: ten modules of sixty lines, enough to look around in. */
export function makeRepository(dir: string): string {
  mkdirSync(join(dir, "src"), { recursive: true });
  for (let part = 0; part < MODULES; part++) {
    const functions = Array.from({ length: FUNCTIONS }, (_, step) => [
      `export function take${part}and${step}(orders) {`,
      `  // only the orders of group ${step} count here`,
      `  return orders.filter((order) => order.group === ${step}).map((order) => order.amount + ${part});`,
      "}",
      "",
    ]);
    const lines = [`// part ${part}`, marker.before, ...functions.flat()];
    writeFileSync(join(dir, "src", `part${part}.js`), lines.join("\n"));
  }
  writeFileSync(join(dir, "README.md"), "# sample\n\nTen small modules.\n");
  const git = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"];
  prepare("git", ["init", "-q", "-b", "main"], dir);
  prepare("git", ["add", "."], dir);
  prepare("git", [...git, "commit", "-q", "-m", "start"], dir);
  return dir;
}
