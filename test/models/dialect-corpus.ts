import type { CorpusCase } from "./call-corpus.ts";

// Calls in the words of other harnesses: what models were trained on, weak ones above all.

const lines = (start: number | null, end: number | null, path = "a.ts") => ({ path, start, end });
const bash = (timeout_s: number | null) => ({ command: "make", timeout_s });
const edit = (old_string: string, new_string: string, replace_all: boolean | null = null) => ({
  path: "a.ts",
  old_string,
  new_string,
  replace_all,
});
const finish = (outcome: string) => ({ outcome, summary: "s", repro_command: null, test_commands: [] });

const readAs = (about: string, args: Record<string, unknown>, gives: object, repairs: string[]): CorpusCase => ({
  about,
  name: "read",
  args: { path: "a.ts", ...args },
  gives: { ...gives },
  repairs,
});

const editor = "str_replace_editor";

/** Calls that can be read without doubt. */
export const spoken: readonly CorpusCase[] = [
  readAs("offset and limit", { offset: 10, limit: 5 }, lines(10, 14), ["lines"]),
  {
    about: "file_path, offset and limit",
    name: "read",
    args: '{"file_path":"a.ts","offset":0,"limit":200}',
    gives: lines(1, 200),
    repairs: ["alias", "lines"],
  },
  readAs("a limit alone", { limit: 5 }, lines(1, 5), ["lines"]),
  readAs("an offset alone", { offset: "10" }, lines(10, null), ["lines"]),
  readAs("offset and limit of nothing", { offset: null, limit: 0 }, lines(null, null), ["lines"]),
  readAs("a start and a limit", { start: 10, limit: 5 }, lines(10, 14), ["lines"]),
  readAs("line_start and line_end", { line_start: 3, line_end: 9 }, lines(3, 9), ["lines"]),
  readAs("start_line and end_line", { start_line: "3", end_line: "9" }, lines(3, 9), ["lines"]),
  readAs("startLine and endLine", { startLine: 3, endLine: 9 }, lines(3, 9), ["lines"]),
  readAs("the same range twice", { start: 3, end: 9, view_range: [3, 9] }, lines(3, 9), ["lines"]),
  readAs("a view_range", { view_range: [3, 9] }, lines(3, 9), ["lines"]),
  readAs("a view_range to the end", { view_range: [3, -1] }, lines(3, null), ["lines"]),
  readAs("a view_range as text", { view_range: "[3, 9]" }, lines(3, 9), ["lines"]),
  readAs("a range in claw's own words", { start: 3, end: "9" }, lines(3, 9), ["coerce"]),
  ...["file", "filename", "file_path", "filePath", "Path"].map((key) => ({
    about: `${key} for path`,
    name: "read",
    args: { [key]: "a.ts", start: null, end: null },
    gives: lines(null, null),
    repairs: ["alias"],
  })),
  ...[
    ["old_str", "new_str"],
    ["oldText", "newText"],
    ["oldString", "newString"],
    ["old_text", "new_text"],
  ].map(([before = "", after = ""]) => ({
    about: `${before} and ${after}`,
    name: "edit",
    args: { file: "a.ts", [before]: "x", [after]: "y", replaceAll: "true" },
    gives: edit("x", "y", true),
    repairs: ["alias", "coerce"],
  })),
  {
    about: "one argument under two names that agree",
    name: "edit",
    args: { path: "a.ts", file_path: "a.ts", old_string: "x", new_string: "y", new_str: null, replace_all: null },
    gives: edit("x", "y"),
    repairs: ["alias"],
  },
  ...["cmd", "script"].map((key) => ({
    about: `${key} for command`,
    args: { [key]: "make", timeout_s: null },
    gives: bash(null),
    repairs: ["alias"],
  })),
  ...(
    [
      ["seconds", { timeout: 30 }, 30],
      ["seconds as text", { timeout: "30" }, 30],
      ["part of a second", { timeout: 0.5 }, 1],
      ["milliseconds", { timeout: 120_000 }, 120],
      ["odd milliseconds", { timeout: 1_001 }, 2],
      ["milliseconds by name", { timeout_ms: 500 }, 1],
      ["none", { timeout: null }, null],
      ["zero for none", { timeout: 0 }, null],
      ["the same as timeout_s", { timeout: 30_000, timeout_s: 30 }, 30],
    ] as const
  ).map(([what, args, seconds]) => ({
    about: `a timeout: ${what}`,
    args: { command: "make", ...args },
    gives: bash(seconds),
    repairs: ["seconds"],
  })),
  ...["DONE", " done\n", "Done", "completed", "success", "Finished"].map((outcome) => ({
    about: `the outcome ${JSON.stringify(outcome)}`,
    name: "finish",
    args: finish(outcome),
    gives: finish("done"),
    repairs: ["coerce"],
  })),
  ...["Blocked", "failed", "give_up", "give up", "STUCK"].map((outcome) => ({
    about: `the outcome ${JSON.stringify(outcome)}`,
    name: "finish",
    args: finish(outcome),
    gives: finish("blocked"),
    repairs: ["coerce"],
  })),
  {
    about: "the editor's view",
    name: editor,
    args: { command: "view", path: "a.ts" },
    gives: lines(null, null),
    repairs: ["alias", "editor", "coerce"],
  },
  {
    about: "the editor's view of a range, every argument filled in",
    name: "str_replace_based_edit_tool",
    args: {
      command: "view",
      path: "a.ts",
      file_text: "",
      old_str: "",
      new_str: "",
      insert_line: 0,
      view_range: [3, 9],
    },
    gives: lines(3, 9),
    repairs: ["alias", "alias", "editor", "lines"],
  },
  {
    about: "the editor's create",
    name: editor,
    args: { command: "create", path: "a.ts", file_text: "x\n" },
    gives: edit("", "x\n"),
    repairs: ["alias", "editor", "coerce"],
  },
  {
    about: "the editor's create, every argument filled in",
    name: editor,
    args: { command: "create", path: "a.ts", file_text: "x", old_str: "", new_str: "", insert_line: 0, view_range: [] },
    gives: edit("", "x"),
    repairs: ["alias", "alias", "editor", "coerce"],
  },
  {
    about: "the editor's create of an empty file",
    name: editor,
    args: { command: "create", path: "a.ts", file_text: "" },
    gives: edit("", ""),
    repairs: ["alias", "editor", "coerce"],
  },
  {
    about: "the editor's str_replace",
    name: editor,
    args: '{"command":"str_replace","path":"a.ts","old_str":"x","new_str":"y"}',
    gives: edit("x", "y"),
    repairs: ["alias", "alias", "editor", "coerce"],
  },
  {
    about: "the editor's str_replace that deletes",
    name: editor,
    args: { command: "STR_REPLACE ", path: "a.ts", old_str: "x", new_str: "", file_text: null, view_range: null },
    gives: edit("x", ""),
    repairs: ["alias", "alias", "editor", "coerce"],
  },
  {
    about: "the editor's call one level too deep",
    name: editor,
    args: { arguments: { command: "view", path: "a.ts" } },
    gives: lines(null, null),
    repairs: ["alias", "unwrap", "editor", "coerce"],
  },
  {
    about: "edit with the editor's arguments",
    name: "edit",
    args: { command: "create", path: "a.ts", file_text: "x" },
    gives: edit("", "x"),
    repairs: ["editor", "coerce"],
  },
  {
    about: "view with the editor's arguments",
    name: "view",
    args: { command: "view", path: "a.ts", view_range: [3, 9] },
    gives: lines(3, 9),
    repairs: ["alias", "editor", "lines"],
  },
];

const create = { command: "create", path: "a.ts", file_text: "x" };
const replace = { command: "str_replace", path: "a.ts", old_str: "x", new_str: "y" };
const whole = { path: "a.ts", old_string: "", new_string: "y", replace_all: null };

const editorTrap = (about: string, args: Record<string, unknown>, refused: string, name = editor): CorpusCase => ({
  about,
  name,
  args,
  refused,
});
const readTrap = (about: string, args: Record<string, unknown>, refused: string): CorpusCase =>
  editorTrap(about, { path: "a.ts", ...args }, refused, "read");

/** Calls that must never run: what they would run may not be what was meant. `refused` is the whole error. */
export const misspoken: readonly CorpusCase[] = [
  editorTrap("the editor's insert", { command: "insert", path: "a.ts", insert_line: 3, new_str: "y" }, noInsert()),
  editorTrap(
    "the editor's insert, every argument filled in",
    { command: "insert", path: "a.ts", file_text: "", old_str: "", new_str: "y", insert_line: 3 },
    noInsert(),
  ),
  editorTrap("an insert sent to edit", { ...whole, command: "insert", insert_line: 3 }, noInsert(), "edit"),
  editorTrap(
    "the editor's undo_edit",
    { command: "undo_edit", path: "a.ts" },
    "there is no undo_edit: use edit to put the old text back",
  ),
  editorTrap("a command no editor has", { ...whole, command: "rename" }, "edit has no argument command"),
  editorTrap("create without its text", { command: "create", path: "a.ts" }, "file_text is missing (a string)"),
  editorTrap(
    "create with a passage to replace",
    { ...create, old_str: "x" },
    "create takes path and file_text only: is it str_replace that you mean?",
  ),
  editorTrap(
    "create with two texts",
    { ...create, new_str: "y" },
    "create takes path and file_text only: is it str_replace that you mean?",
  ),
  editorTrap("create at a line", { ...create, insert_line: 3 }, "edit has no argument insert_line"),
  editorTrap("str_replace of nothing", { ...replace, old_str: "" }, "old_str is missing (a string)"),
  editorTrap(
    "str_replace without a new text",
    { command: "str_replace", path: "a.ts", old_str: "x" },
    "new_string is missing (a string)",
  ),
  editorTrap(
    "str_replace with a whole file",
    { ...replace, file_text: "z" },
    "str_replace takes no file_text: is it create that you mean?",
  ),
  editorTrap("a create sent to read", create, "the arguments name another tool", "read"),
  editorTrap("a create sent to view", create, "the arguments name another tool", "view"),
  editorTrap("a view sent to edit", { ...whole, command: "view" }, "the arguments name another tool", "edit"),
  editorTrap("a shell command sent to read", { path: "a", command: "rm b" }, "read has no argument command", "read"),
  editorTrap("a range replaced", { ...whole, start_line: 3, end_line: 9 }, "edit has no argument start_line", "edit"),
  editorTrap("a view_range replaced", { ...whole, view_range: [3, 9] }, "edit has no argument view_range", "edit"),
  editorTrap("a line to insert at", { ...whole, insert_line: 0 }, "edit has no argument insert_line", "edit"),
  editorTrap("a whole file for edit", { ...whole, file_text: "x" }, "edit has no argument file_text", "edit"),
  editorTrap("two files", { ...whole, file: "b.ts" }, "path is given twice, with different values", "edit"),
  editorTrap("two new texts", { ...whole, newText: "z" }, "new_string is given twice, with different values", "edit"),
  editorTrap("two old texts", { ...whole, old_str: "x" }, "old_string is given twice, with different values", "edit"),
  editorTrap("edit without a passage", { path: "a.ts", new_string: "y" }, "old_string is missing (a string)", "edit"),
  editorTrap("two commands", { command: "ls", cmd: "rm b" }, "command is given twice, with different values", "bash"),
  editorTrap(
    "a command and a script",
    { cmd: "sh", script: "rm b" },
    "command is given twice, with different values",
    "bash",
  ),
  editorTrap("a file for a command", { command: "sh", file: "b.sh" }, "bash has no argument file", "bash"),
  editorTrap(
    "two timeouts",
    { command: "ls", timeout: 30, timeout_s: 60 },
    "timeout_s is given twice, with different values",
    "bash",
  ),
  editorTrap("a timeout in words", { command: "ls", timeout: "soon" }, "timeout must be a number of seconds", "bash"),
  editorTrap(
    "a timeout above its limit",
    { command: "ls", timeout: 950 },
    "timeout_s must be an integer from 1 to 900 or null",
    "bash",
  ),
  readTrap("two first lines", { start: 3, offset: 5 }, "start is given twice, with different values"),
  readTrap("two last lines", { offset: 3, limit: 5, end_line: 9 }, "end is given twice, with different values"),
  readTrap("a range in words", { start_line: "first" }, "start_line must be a line number"),
  readTrap("a fraction of a line", { offset: 1.5 }, "offset must be a line number"),
  readTrap("lines counted from the end", { offset: -10 }, "offset must be a line number"),
  readTrap("a limit below zero", { limit: -1 }, "limit must be a line number"),
  readTrap("a view_range of one", { view_range: [3] }, "view_range must be two line numbers"),
  readTrap("a view_range that is a number", { view_range: 3 }, "view_range must be two line numbers"),
  readTrap("a view_range of words", { view_range: ["a", "b"] }, "view_range must be two line numbers"),
  ...["fail", "blocked?", "constructor", ""].map((outcome) =>
    editorTrap(`the outcome ${JSON.stringify(outcome)}`, finish(outcome), "outcome must be done or blocked", "finish"),
  ),
  {
    about: "an editor's call that was cut",
    name: editor,
    args: '{"command":"create","path":"a.ts","file_text":"x"',
    refused:
      "the call broke off before its end, and what arrived of it was not executed: send it again, in smaller parts",
  },
];

function noInsert(): string {
  return "there is no insert: use edit, with a line beside it in old_string and again in new_string";
}
