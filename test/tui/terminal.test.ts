import { dirname } from "node:path";
import { expect, test } from "vitest";
import { inTerminal, screenOf, screenText } from "../../scripts/screen.ts";
import { textWidth } from "../../src/text-width.ts";
import { projectRoot } from "../support/claw.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";

const bin = `'${process.execPath}' '${projectRoot}bin/claw.js'`;

interface Asked {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Types a line in a real terminal, on a machine whose ledger has one proven fix. */
async function typed(line: string, { columns = 80, rows = 24, env = {} }: Asked = {}) {
  const { file, ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  const home = dirname(file);
  const own = { PATH: process.env["PATH"], HOME: home, CLAW_HOME: home, TERM: "xterm-256color", LANG: "C.UTF-8" };
  const shown = await inTerminal(line.replaceAll("claw", bin), { columns, rows, cwd: home, env: { ...own, ...env } });
  return { ...shown, text: screenText(screenOf(shown.written, { columns })) };
}

test("in a terminal a run is a view with its proof, which stays above the summary, and the cursor comes back", async () => {
  const { code, text, written } = await typed("claw show --follow aaa1 --utc");
  expect(code).toBe(0);
  expect(text).toMatch(/✓ red again without the patch  red +0 passed, 1 failed/);
  expect(text.indexOf("✓ proven  the patch is proven")).toBeGreaterThan(text.indexOf("✓ red again without"));
  expect(text).not.toContain("Ctrl-C");
  expect(written).toContain("\u001b[32m✓");
  expect(written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(written.lastIndexOf("\u001b[?25l"));
});

test("in 40 columns and without colours no line is wider, and nothing is painted", async () => {
  const { text, written } = await typed("claw show --follow aaa1", { columns: 40, rows: 20, env: { NO_COLOR: "1" } });
  for (const line of text.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(40);
  expect(text).toContain("✓ red on base");
  // oxlint-disable-next-line no-control-regex -- colours
  expect(written).not.toMatch(/\u001b\[[0-9;]*m/);
});

test("a terminal that cannot move its cursor gets lines, and so do closed input and a reader that leaves", async () => {
  const { code, written } = await typed(
    "claw show -f aaa1 <&- && claw log aaa1 | head -1 && claw runs </dev/null && echo all: $?",
    { env: { TERM: "dumb" } },
  );
  expect(code).toBe(0);
  // oxlint-disable-next-line no-control-regex -- any movement or colour
  expect(written).not.toMatch(/\u001b/);
  expect(written).toContain("✓ proven  the patch is proven");
  expect(written.trimEnd()).toMatch(/all: 0$/);
});
