/** A call as a model wrote it, and what must come of it: arguments, or the rule that refuses it. */
export interface CorpusCase {
  readonly about: string;
  readonly name?: string;
  readonly args: unknown;
  /** The executable arguments. */
  readonly gives?: Record<string, unknown>;
  /** The beginning of the error: the call must not run. */
  readonly refused?: string;
  readonly repairs?: readonly string[];
  /** The reply was cut at the output limit while this call was written. */
  readonly cut?: true;
}

const ls = { command: "ls", timeout_s: null };
/** How the errors begin that have nothing to name. */
const broken = "the call broke off before its end";
const unclear = "the arguments can be read in more than one way";
const noJson = "the arguments are not valid JSON";
const bash = (command: string) => ({ command, timeout_s: null });

/** Calls that can be read without doubt. */
export const recoverable: readonly CorpusCase[] = [
  { about: "plain JSON", args: '{"command":"ls","timeout_s":null}', gives: ls, repairs: [] },
  { about: "an object", args: { command: "ls", timeout_s: null }, gives: ls, repairs: [] },
  { about: "spaces around", args: '  {"command":"ls","timeout_s":null}\n', gives: ls, repairs: [] },
  { about: "a byte order mark", args: '\uFEFF{"command":"ls","timeout_s":null}', gives: ls, repairs: ["bom"] },
  { about: "a json fence", args: '```json\n{"command":"ls","timeout_s":null}\n```', gives: ls, repairs: ["fence"] },
  { about: "a bare fence", args: '```\n{"command":"ls","timeout_s":null}\n```', gives: ls, repairs: ["fence"] },
  { about: "words before", args: 'Sure: {"command":"ls","timeout_s":null}', gives: ls, repairs: ["prose"] },
  { about: "words after", args: '{"command":"ls","timeout_s":null} I hope this helps', gives: ls, repairs: ["prose"] },
  {
    about: "a leaked closing tag",
    args: '{"command":"ls","timeout_s":null}\n</parameter>\n</function>',
    gives: ls,
    repairs: ["prose"],
  },
  {
    about: "a leaked special token",
    args: '{"command":"ls","timeout_s":null}<|im_end|>',
    gives: ls,
    repairs: ["prose"],
  },
  { about: "no opening brace", args: '"command": "ls", "timeout_s": null}', gives: ls, repairs: ["open-brace"] },
  {
    about: "no opening brace and quote",
    args: 'command": "ls", "timeout_s": null}',
    gives: ls,
    repairs: ["open-brace"],
  },
  {
    about: "no closing brace, all values complete",
    args: '{"command": "ls", "timeout_s": null',
    gives: ls,
    repairs: ["close-brace"],
  },
  {
    about: "no closing brace after a string",
    name: "read",
    args: '{"start": 1, "end": 2, "path": "a.ts"',
    gives: { path: "a.ts", start: 1, end: 2 },
    repairs: ["close-brace"],
  },
  {
    about: "the same object twice",
    args: '{"command":"ls","timeout_s":null}{"command":"ls","timeout_s":null}',
    gives: ls,
    repairs: ["dup"],
  },
  {
    about: "the same object twice, keys in another order",
    args: '{"command":"ls","timeout_s":null} {"timeout_s":null,"command":"ls"}',
    gives: ls,
    repairs: ["dup"],
  },
  {
    about: "a raw line break",
    args: '{"command":"cat <<E\nhi\nE","timeout_s":null}',
    gives: bash("cat <<E\nhi\nE"),
    repairs: ["ctrl"],
  },
  { about: "a raw tab", args: '{"command":"a\tb","timeout_s":null}', gives: bash("a\tb"), repairs: ["ctrl"] },
  { about: "a raw bell", args: '{"command":"a\u0007b","timeout_s":null}', gives: bash("a\u0007b"), repairs: ["ctrl"] },
  {
    about: "a backslash before a letter that needs none",
    args: '{"command":"grep \\d x","timeout_s":null}',
    gives: bash("grep \\d x"),
    repairs: ["bad-escape"],
  },
  {
    about: "a shell escape of a dollar sign",
    args: '{"command":"echo \\$HOME","timeout_s":null}',
    gives: bash("echo \\$HOME"),
    repairs: ["bad-escape"],
  },
  {
    about: "an escaped backslash stays one",
    args: '{"command":"grep \\\\d x","timeout_s":null}',
    gives: bash("grep \\d x"),
    repairs: [],
  },
  { about: "a trailing comma", args: '{"command":"ls","timeout_s":null,}', gives: ls, repairs: ["jsonrepair"] },
  { about: "a missing comma", args: '{"command":"ls" "timeout_s":null}', gives: ls, repairs: ["jsonrepair"] },
  { about: "single quotes", args: "{'command':'ls','timeout_s':null}", gives: ls, repairs: ["jsonrepair"] },
  {
    about: "single quotes around double ones",
    args: "{'command':'echo \"hi\"','timeout_s':null}",
    gives: bash('echo "hi"'),
    repairs: ["jsonrepair"],
  },
  { about: "Python's None", args: "{'command': 'ls', 'timeout_s': None}", gives: ls, repairs: ["jsonrepair"] },
  {
    about: "Python's True",
    name: "edit",
    args: "{'path':'a','old_string':'b','new_string':'c','replace_all':True}",
    gives: { path: "a", old_string: "b", new_string: "c", replace_all: true },
    repairs: ["jsonrepair"],
  },
  { about: "unquoted keys", args: '{command: "ls", timeout_s: null}', gives: ls, repairs: ["jsonrepair"] },
  {
    about: "a trailing comma in a list",
    name: "finish",
    args: '{"outcome":"done","summary":"s","repro_command":null,"test_commands":["a","b",]}',
    gives: { outcome: "done", summary: "s", repro_command: null, test_commands: ["a", "b"] },
    repairs: ["jsonrepair"],
  },
  {
    about: "JSON in a string",
    args: '"{\\"command\\":\\"ls\\",\\"timeout_s\\":null}"',
    gives: ls,
    repairs: ["double-encoded"],
  },
  {
    about: "arguments in arguments",
    args: '{"arguments":{"command":"ls","timeout_s":null}}',
    gives: ls,
    repairs: ["unwrap"],
  },
  {
    about: "a whole call in OpenAI's own form",
    args: '{"type":"function","id":"c1","function":{"name":"bash","arguments":"{\\"command\\":\\"ls\\",\\"timeout_s\\":null}"}}',
    gives: ls,
    repairs: ["unwrap"],
  },
  {
    about: "parameters in arguments",
    args: { parameters: { command: "ls", timeout_s: null } },
    gives: ls,
    repairs: ["unwrap"],
  },
  {
    about: "the whole call in its arguments",
    args: '{"name":"bash","arguments":{"command":"ls","timeout_s":null}}',
    gives: ls,
    repairs: ["unwrap"],
  },
  {
    about: "the whole call, arguments encoded again",
    args: { name: "bash", arguments: '{"command":"ls","timeout_s":null}' },
    gives: ls,
    repairs: ["unwrap"],
  },
  { about: "a missing nullable argument", args: '{"command":"ls"}', gives: ls, repairs: ["coerce"] },
  {
    about: "a number as text",
    args: '{"command":"ls","timeout_s":"120"}',
    gives: { command: "ls", timeout_s: 120 },
    repairs: ["coerce"],
  },
  { about: "null as text", args: '{"command":"ls","timeout_s":"null"}', gives: ls, repairs: ["coerce"] },
  { about: "nothing as text", args: '{"command":"ls","timeout_s":""}', gives: ls, repairs: ["coerce"] },
  {
    about: "true as text",
    name: "edit",
    args: { path: "a", old_string: "b", new_string: "", replace_all: "True" },
    gives: { path: "a", old_string: "b", new_string: "", replace_all: true },
    repairs: ["coerce"],
  },
  { about: "one string in a list", args: '{"command":["ls"],"timeout_s":null}', gives: ls, repairs: ["coerce"] },
  {
    about: "a shell's argument list",
    args: '{"command":["bash","-lc","ls -la | head"],"timeout_s":null}',
    gives: bash("ls -la | head"),
    repairs: ["coerce"],
  },
  {
    about: "lines in a list",
    name: "edit",
    args: { path: "a", old_string: "b", new_string: ["x\n", "y\n"], replace_all: null },
    gives: { path: "a", old_string: "b", new_string: "x\ny\n", replace_all: null },
    repairs: ["coerce"],
  },
  {
    about: "a list as text",
    name: "finish",
    args: { outcome: "done", summary: "s", repro_command: null, test_commands: '["npm test"]' },
    gives: { outcome: "done", summary: "s", repro_command: null, test_commands: ["npm test"] },
    repairs: ["coerce"],
  },
  {
    about: "one string for a list",
    name: "finish",
    args: { outcome: "done", summary: "s", repro_command: "None", test_commands: "npm test" },
    gives: { outcome: "done", summary: "s", repro_command: null, test_commands: ["npm test"] },
    repairs: ["coerce"],
  },
  {
    about: "a harmless further argument",
    args: '{"command":"ls","timeout_s":null,"description":"List files"}',
    gives: ls,
    repairs: ["dropped description"],
  },
  {
    about: "an empty further argument",
    args: '{"command":"ls","timeout_s":null,"cwd":""}',
    gives: ls,
    repairs: ["dropped cwd"],
  },
  {
    about: "another harness's argument names",
    name: "edit",
    args: { file_path: "a", old_str: "b", new_str: "c", replace_all: null },
    gives: { path: "a", old_string: "b", new_string: "c", replace_all: null },
    repairs: ["alias"],
  },
  {
    about: "a name with a leaked token",
    name: "bash<|channel|>json",
    args: '{"command":"ls","timeout_s":null}',
    gives: ls,
    repairs: ["name"],
  },
  {
    about: "a name in capitals",
    name: "Bash",
    args: '{"command":"ls","timeout_s":null}',
    gives: ls,
    repairs: ["name"],
  },
  {
    about: "a name with its namespace",
    name: "functions.bash",
    args: '{"command":"ls","timeout_s":null}',
    gives: ls,
    repairs: ["name"],
  },
  ...["shell", "execute_bash", "run_terminal_cmd"].map((name) => ({
    about: `the name ${name}`,
    name,
    args: '{"command":"ls","timeout_s":null}',
    gives: ls,
    repairs: ["alias"],
  })),
  ...["cat", "view", "open"].map((name) => ({
    about: `the name ${name}`,
    name,
    args: { path: "a.ts" },
    gives: { path: "a.ts", start: null, end: null },
    repairs: ["alias", "coerce"],
  })),
  {
    about: "the name str_replace",
    name: "str_replace",
    args: { path: "a", old_str: "b", new_str: "c" },
    gives: { path: "a", old_string: "b", new_string: "c", replace_all: null },
    repairs: ["alias", "alias", "coerce"],
  },
  {
    about: "several mishaps at once",
    args: '```json\n{"arguments": {"command": "a\nb",}}\n```',
    gives: bash("a\nb"),
    repairs: ["fence", "ctrl", "jsonrepair", "unwrap", "coerce"],
  },
  {
    about: "quotes and braces inside strings",
    args: '{"command":"echo \\"}{\\" \'{\' ","timeout_s":null}',
    gives: bash("echo \"}{\" '{' "),
    repairs: [],
  },
];

/** Calls that must never run: what they would run may not be what was meant. */
export const traps: readonly CorpusCase[] = [
  { about: "cut in a command", args: '{"command":"rm -rf build', refused: broken },
  { about: "cut after an escape", args: '{"command":"echo \\', refused: broken },
  { about: "cut in a raw multi-line command", args: '{"command":"cat > a <<E\nhalf of the fi', refused: broken },
  {
    about: "cut before a required argument",
    name: "edit",
    args: '{"path":"a.ts","old_string":"x"',
    refused: broken,
  },
  { about: "cut in a key", name: "edit", args: '{"path":"a.ts","old_str', refused: broken },
  { about: "cut after a comma", args: '{"command":"ls",', refused: broken },
  { about: "cut after a colon", args: '{"command":', refused: broken },
  { about: "cut in a number", args: '{"command":"sleep 1","timeout_s":12', refused: broken },
  {
    about: "cut in a list",
    name: "finish",
    args: '{"outcome":"done","summary":"s","repro_command":null,"test_commands":["npm test"',
    refused: broken,
  },
  { about: "cut at the first brace", args: "{", refused: broken },
  { about: "cut with the opening brace missing too", args: '"command": "rm -rf b', refused: broken },
  { about: "cut inside a fence", args: '```json\n{"command": "rm -rf b', refused: broken },
  { about: "cut in JSON inside a string", args: JSON.stringify('{"command":"rm -rf b'), refused: broken },
  {
    about: "complete, but the reply was cut at its limit",
    args: '{"command":"ls","timeout_s":null}',
    cut: true,
    refused: "your output was cut at 100 tokens",
  },
  {
    about: "an object from a server that closes cut calls itself",
    args: { command: "rm -rf b", timeout_s: null },
    cut: true,
    refused: "your output was cut at 100 tokens",
  },
  {
    about: "two different objects",
    args: '{"command":"ls","timeout_s":null}{"command":"pwd","timeout_s":null}',
    refused: unclear,
  },
  {
    about: "a second object that is cut",
    args: '{"command":"ls","timeout_s":null}{"command":"rm -rf b',
    refused: unclear,
  },
  {
    about: "two objects with a comma between",
    args: '{"command":"ls","timeout_s":null},{"command":"rm -rf b","timeout_s":null}',
    refused: unclear,
  },
  { about: "a list that is cut", args: '[{"command":"ls","timeout_s":null},', refused: unclear },
  { about: "an object after a quoted word", args: '"x", {"command":"ls","timeout_s":null}', refused: unclear },
  { about: "a great many objects", args: '{"command":"ls"}'.repeat(100_000), refused: unclear },
  {
    about: "one key twice with different values",
    args: '{"command":"ls","command":"rm -rf b","timeout_s":null}',
    refused: unclear,
  },
  {
    about: "one key twice, in broken JSON",
    args: '{"command":"ls","command":"rm -rf b","timeout_s":null,}',
    refused: unclear,
  },
  { about: "unescaped quotes", args: '{"command":"echo "hi"","timeout_s":null}', refused: noJson },
  {
    about: "unescaped quotes around a path",
    args: '{"command":"rm -rf "$DIR"/build","timeout_s":null}',
    refused: noJson,
  },
  { about: "unescaped quotes that look like a key", args: '{"command":"rm "x" y"}', refused: noJson },
  { about: "unescaped quotes with a comma", args: '{"command":"say ", "d", "timeout_s":null}', refused: noJson },
  { about: "joined strings", args: '{"command":"rm -rf " + "b","timeout_s":null}', refused: noJson },
  {
    about: "an ellipsis",
    name: "finish",
    args: '{"outcome":"done","summary":"s","repro_command":null,"test_commands":["a",...]}',
    refused: noJson,
  },
  { about: "a command without quotes", args: "{command: ls -la}", refused: noJson },
  { about: "one bare word as a command", args: "{command: ls}", refused: noJson },
  { about: "a comment", args: '{"command":"ls" /* or pwd */,"timeout_s":null}', refused: noJson },
  {
    about: "shell quoting with a bare backslash",
    args: `{"command":"echo 'it'\\''s'","timeout_s":null}`,
    refused: unclear,
  },
  {
    about: "half a unicode escape or half a path",
    args: '{"command":"dir C:\\users","timeout_s":null}',
    refused: unclear,
  },
  {
    about: "an argument list that is no shell",
    args: '{"command":["git","push","--force"],"timeout_s":null}',
    refused: "command must be a string",
  },
  {
    about: "another working directory",
    args: '{"command":"rm -rf build","timeout_s":null,"cwd":"/tmp/x"}',
    refused: "bash has no argument cwd",
  },
  {
    about: "an environment",
    args: { command: "make", timeout_s: null, env: { PREFIX: "/tmp" } },
    refused: "bash has no argument env",
  },
  {
    about: "input for the command",
    args: { command: "sh", timeout_s: null, stdin: "echo" },
    refused: "bash has no argument stdin",
  },
  {
    about: "a call for another tool inside",
    name: "read",
    args: { name: "bash", arguments: { path: "a", start: null, end: null } },
    refused: "the arguments name another tool",
  },
  {
    about: "an object where a string belongs",
    args: { command: { cmd: "ls" }, timeout_s: null },
    refused: "command must be a string",
  },
  {
    about: "a number where a string belongs",
    name: "read",
    args: { path: 5, start: null, end: null },
    refused: "path must be a string",
  },
  {
    about: "a list of numbers",
    name: "finish",
    args: { outcome: "done", summary: "", repro_command: null, test_commands: [1] },
    refused: "test_commands must be a list of strings",
  },
  {
    about: "a fraction for an integer",
    args: { command: "ls", timeout_s: 1.5 },
    refused: "timeout_s must be an integer from 1 to 900 or null",
  },
  {
    about: "a time above its limit",
    args: { command: "ls", timeout_s: 120_000 },
    refused: "timeout_s must be an integer from 1 to 900 or null",
  },
  {
    about: "a choice that is none",
    name: "finish",
    args: { outcome: "maybe", summary: "", repro_command: null, test_commands: [] },
    refused: "outcome must be done or blocked",
  },
  { about: "a missing argument", args: "{}", refused: "command is missing (a string)" },
  {
    about: "null for a required argument",
    args: { command: null, timeout_s: null },
    refused: "command is missing (a string)",
  },
  { about: "no arguments", args: "", refused: "the call has no arguments" },
  { about: "no arguments at all", args: undefined, refused: "the call has no arguments" },
  { about: "a list", args: '["ls"]', refused: "the arguments must be one JSON object" },
  { about: "a number", args: "42", refused: "the arguments must be one JSON object" },
  { about: "words", args: "please list the files", refused: noJson },
  {
    about: "an unknown tool",
    name: "launch",
    args: "{}",
    refused: "there is no tool launch; the tools are: bash, read, edit, finish",
  },
  { about: "a tool of Object's prototype", name: "constructor", args: "{}", refused: "there is no tool constructor" },
  {
    about: "a prototype as argument",
    args: '{"__proto__":{"command":"ls","timeout_s":null}}',
    refused: "command is missing (a string)",
  },
  { about: "a prefix of a tool's name", name: "bas", args: { command: "ls" }, refused: "there is no tool bas;" },
  {
    about: "a name that continues a tool's name",
    name: "bash_background",
    args: { command: "ls" },
    refused: "there is no tool bash_background;",
  },
];

/** Text of replies without calls: the calls found in it, or none. */
export const texts: readonly {
  readonly about: string;
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  readonly before?: string;
}[] = [
  {
    about: "Qwen's tags",
    text: "<function=bash>\n<parameter=command>\nls -la\n</parameter>\n</function>",
    calls: [{ name: "bash", args: { command: "ls -la" } }],
  },
  {
    about: "Qwen's tags, wrapped, after words",
    text: "I look.\n\n<tool_call>\n<function=read>\n<parameter=path>a.ts</parameter>\n</function>\n</tool_call>",
    calls: [{ name: "read", args: { path: "a.ts" } }],
    before: "I look.",
  },
  {
    about: "a multi-line value",
    text: "<function=edit><parameter=path>a</parameter><parameter=old_string>x\ny</parameter><parameter=new_string></parameter></function>",
    calls: [{ name: "edit", args: { path: "a", old_string: "x\ny", new_string: "" } }],
  },
  {
    about: "Hermes' tags",
    text: '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "two calls in a row",
    text: '<tool_call>{"name":"bash","arguments":{"command":"a"}}</tool_call>\n<tool_call>{"name":"bash","arguments":{"command":"b"}}</tool_call>',
    calls: [
      { name: "bash", args: { command: "a" } },
      { name: "bash", args: { command: "b" } },
    ],
  },
  {
    about: "after closed thinking",
    text: '<think>which tool?</think>\n<tool_call>{"name":"bash","arguments":{"command":"ls"}}</tool_call>',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "after thinking that was never opened",
    text: 'which tool?</think>\n<tool_call>{"name":"bash","arguments":{"command":"ls"}}</tool_call>',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "Mistral's mark",
    text: '[TOOL_CALLS]bash[ARGS]{"command": "ls"}',
    calls: [{ name: "bash", args: '{"command": "ls"}' }],
  },
  {
    about: "Mistral's list",
    text: '[TOOL_CALLS][{"name":"bash","arguments":{"command":"ls"}}]',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "Llama's tag",
    text: '<|python_tag|>{"name":"bash","parameters":{"command":"ls"}}<|eom_id|>',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "one fenced command at the end",
    text: "I list the files.\n\n```bash\nls -la\n```",
    calls: [{ name: "bash", args: { command: "ls -la" } }],
    before: "I list the files.",
  },
  {
    about: "a bare object, as Llama writes it when its server does not read it",
    text: '{"name": "bash", "parameters": {"command": "ls"}}',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "a fenced object and nothing else",
    text: '```json\n{"type": "function", "name": "bash", "arguments": {"command": "ls"}}\n```',
    calls: [{ name: "bash", args: { command: "ls" } }],
  },
  {
    about: "trap: an object after words",
    text: 'It would be\n{"name": "bash", "arguments": {"command": "rm -rf b"}}',
    calls: [],
  },
  {
    about: "trap: an object that is more than a call",
    text: '{"name": "bash", "version": 5, "arguments": {"command": "rm -rf b"}}',
    calls: [],
  },
  {
    about: "trap: two objects",
    text: '{"name":"bash","arguments":{"command":"a"}}\n{"name":"bash","arguments":{"command":"rm -rf b"}}',
    calls: [],
  },
  {
    about: "trap: a call only thought of",
    text: '<think>I could <tool_call>{"name":"bash","arguments":{"command":"rm -rf b"}}</tool_call></think>',
    calls: [],
  },
  {
    about: "trap: a call in thinking that never ends",
    text: '<think>\n<tool_call>{"name":"bash","arguments":{"command":"rm -rf b"}}</tool_call>',
    calls: [],
  },
  {
    about: "trap: a call in later thinking",
    text: "Hm.\n<think>\n<function=bash><parameter=command>rm -rf b</parameter></function></think>",
    calls: [],
  },
  {
    about: "trap: a call mentioned before other words",
    text: '<tool_call>{"name":"bash","arguments":{"command":"rm -rf b"}}</tool_call>\nwould be dangerous, so I do not.',
    calls: [],
  },
  {
    about: "trap: a call in the middle of a line",
    text: 'Never write <tool_call>{"name":"bash","arguments":{"command":"rm -rf b"}}</tool_call>',
    calls: [],
  },
  {
    about: "trap: a call in backticks",
    text: '`<tool_call>{"name":"bash","arguments":{"command":"rm -rf b"}}</tool_call>`',
    calls: [],
  },
  {
    about: "trap: a call in an open fence",
    text: 'An example:\n```\n<tool_call>{"name":"bash","arguments":{"command":"rm -rf b"}}</tool_call>',
    calls: [],
  },
  { about: "trap: a call that was cut", text: '<tool_call>{"name":"bash","arguments":{"command":"rm -rf b', calls: [] },
  { about: "trap: tags that were cut", text: "<function=bash><parameter=command>rm -rf b", calls: [] },
  {
    about: "trap: a value with tags of its own",
    text: "<function=bash><parameter=command>echo '</parameter>' > a; rm b</parameter></function>",
    calls: [],
  },
  {
    about: "trap: two values for one argument",
    text: "<function=bash><parameter=command>a</parameter><parameter=command>b</parameter></function>",
    calls: [],
  },
  {
    about: "trap: Mistral's mark before words",
    text: '[TOOL_CALLS]bash[ARGS]{"command": "rm -rf b"} is how one would do it',
    calls: [],
  },
  { about: "trap: two fenced commands", text: "```bash\nls\n```\nor\n```bash\nrm -rf b\n```", calls: [] },
  {
    about: "trap: a fenced command before other words",
    text: "```bash\nrm -rf b\n```\nis what I would never do.",
    calls: [],
  },
  { about: "trap: a transcript with a prompt", text: "It printed:\n```bash\n$ ls\na.ts\n```", calls: [] },
  { about: "trap: a fenced file", text: "The file:\n```python\nprint(1)\n```", calls: [] },
  { about: "trap: plain words", text: "I am done: everything works.", calls: [] },
];
