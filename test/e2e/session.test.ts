import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { machine } from "../support/claw.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";

const bash = (command: string) => ({ name: "bash", arguments: { command, timeout_s: null } });
const edit = (before: string, after: string) => ({
  name: "edit",
  arguments: { path: "add.js", old_string: before, new_string: after, replace_all: null },
});
const mends = [
  {
    text: "I look, then mend it.",
    calls: [{ name: "plan", arguments: { steps: ["[x] look", "mend"] } }, edit("a - b", "a + b"), bash("echo tested")],
  },
  { text: "**Done**: `add.js:1` adds now. 你好 👍" },
];

/** claw in a terminal, on a repository with a bug, with a model that says these things. */
async function atTerminal(
  replies: readonly object[],
  size: { columns?: number; rows?: number; env?: NodeJS.ProcessEnv } = {},
) {
  const used = machine();
  const cwd = await used.repository("sum", { "add.js": "export const add = (a, b) => a - b;\n" });
  const script = join(used.dir, "model.json");
  writeFileSync(script, JSON.stringify({ note: "a test", sessions: { chat: replies } }));
  const env = { ...used.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...size.env };
  const opened: Terminal[] = [];
  onTestFinished(async () => {
    for (const terminal of opened) await terminal.close();
    used.remove();
  });
  const claw = async (...args: readonly string[]): Promise<Terminal> => {
    const terminal = await openTerminal(args, { cwd, ...size, env });
    opened.push(terminal);
    return terminal;
  };
  return { used, cwd, env, claw, session: () => claw("--model", `scripted:${script}`) };
}

/** Times and ids differ from run to run. */
const masked = (screen: string): string =>
  screen.replace(/ {2}\d+(\.\d+)? m?s\b/g, "  1 s").replace(/(resume|diff|apply) [0-9a-z]{12}/g, "$1 <run>");

test("a session at a terminal: asked, answered, shown, taken over after one key, and gone on with later", async () => {
  const { cwd, claw, session } = await atTerminal([...mends, { text: "You are welcome." }]);
  const terminal = await session();
  await terminal.until("ask, or /help");
  await terminal.type("please mend add");
  await terminal.press("Enter");
  await terminal.until("/apply takes it over");
  expect(readFileSync(join(cwd, "add.js"), "utf8")).toContain("a - b");
  await terminal.type("/apply");
  await terminal.press("Enter");
  await terminal.until("y yes   n no   d show it");
  await terminal.press("d");
  await terminal.until(/@@[^]*y yes   n no\n/);
  await terminal.press("y");
  await terminal.until("1 file changed in");
  expect(readFileSync(join(cwd, "add.js"), "utf8")).toContain("a + b");
  await terminal.press("C-d");
  await terminal.until("exit 0");
  expect(masked(await terminal.all()).replaceAll(cwd, "<sum>")).toMatchInlineSnapshot(`
    "· claw works in a private copy of your files; yours change only by /apply. /help
      tells more.

    > please mend add

    I look, then mend it.

    ✓ edit add.js  1 s
      -a - b
      +a + b
    ✓ bash echo tested  1 s

    Done: add.js:1 adds now. 你好 👍

    · changed add.js: +1 −1   /diff shows it, /apply takes it over, /undo takes it
      back

    > /apply

    add.js
    @@ -1 +1 @@
    -export const add = (a, b) => a - b;
    +export const add = (a, b) => a + b;

    ✓ 1 file changed in <sum>
    go on later: claw resume <run>
    exit 0
    "
  `);

  const later = await claw("resume");
  await later.until(/> please mend add[^]*> ask, or/);
  await later.type("thank you");
  await later.press("Enter");
  await later.until("You are welcome.");
  await later.press("C-c");
  await later.until("exit 130");
});

test("Esc stops the model and the session goes on; on 40 columns nothing is wider than the terminal", async () => {
  const replies = [{ text: "This takes a while.", calls: [bash("echo begun; sleep 60")] }, { text: "Stopped." }];
  const { session } = await atTerminal(replies, { columns: 40, rows: 14, env: { NO_COLOR: "1" } });
  const terminal = await session();
  await terminal.until("ask, or /help");
  await terminal.paste("please wait\n".repeat(9));
  await terminal.until("[pasted 1: 9 lines]");
  await terminal.press("Enter");
  await terminal.until("│ begun");
  await terminal.type("and then?");
  await terminal.press("Enter");
  await terminal.until("next: and then?");
  // A frame that the terminal wraps anew is taken away whole: nothing of it is kept above the next one.
  await terminal.resize(26, 14);
  await terminal.until("$2.…");
  await terminal.resize(60, 18);
  await terminal.until("sandbox complete");
  expect((await terminal.all()).match(/next: and then/g)).toHaveLength(1);
  await terminal.press("Escape");
  const end = await terminal.until(/Stopped\.[^]*> ask, or/);
  expect(masked(end.slice(end.indexOf("> [pasted")))).toMatchInlineSnapshot(`
    "> [pasted 1: 9 lines]

    This takes a while.

    ✗ bash echo begun; sleep 60  1 s
      │ begun

    ! stopped; what was said so far is kept

    > and then?

    Stopped.

    > ask, or /help
    model.json · $0.00 of $2.00 · 503 tokens · sandbox complete
    "
  `);
});

test("a terminal that cannot move its cursor, or ears, get plain lines", async () => {
  const { session } = await atTerminal(mends, { env: { TERM: "dumb" } });
  const terminal = await session();
  await terminal.until(/^>$/m);
  await terminal.type("please mend add");
  await terminal.press("Enter");
  await terminal.until(/\/apply takes it over[^]*\n>$/m);
  await terminal.type("/quit");
  await terminal.press("Enter");
  await terminal.until("exit 0");
  expect(masked(await terminal.all())).toMatchInlineSnapshot(`
    "· claw works in a private copy of your files; yours change only by /apply. /help
      tells more.
    > please mend add

    I look, then mend it.
    running edit add.js

    ✓ edit add.js  1 s
      -a - b
      +a + b
    running bash echo tested
    ✓ bash echo tested  1 s

    Done: \`add.js:1\` adds now. 你好 👍

    · changed add.js: +1 −1   /diff shows it, /apply takes it over, /undo takes it
      back
    > /quit
    go on later: claw resume <run>
    1 changed file not taken over: claw diff <run>; claw apply <run>
    exit 0
    "
  `);
});
