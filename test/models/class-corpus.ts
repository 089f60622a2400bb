import type { RawCall } from "../../src/models/repair.ts";

/** A call that was meant, in canonical form. */
interface Meant {
  readonly about: string;
  readonly name: "bash" | "read" | "edit" | "finish";
  readonly args: Record<string, unknown>;
}

/** What came of it on the way, and whether it can still be told what was meant. */
export interface ClassCase {
  readonly about: string;
  /** As a call, or as the text of a reply without calls. */
  readonly came: RawCall | string;
  /** Was cut at the output limit. */
  readonly cut?: true;
  /** What must run; null: nothing may. */
  readonly runs: Pick<Meant, "name" | "args"> | null;
}

const meant: readonly Meant[] = [
  { about: "a plain command", name: "bash", args: { command: "ls -la src", timeout_s: 60 } },
  {
    about: "a command with every kind of quote",
    name: "bash",
    args: { command: `grep -rn "it's\\.ok" src | sed 's/"/\\\\"/g'\necho "done"`, timeout_s: null },
  },
  {
    about: "a command that writes JSON",
    name: "bash",
    args: { command: `echo '{"command":"rm -rf b","timeout_s":null}' > a.json`, timeout_s: null },
  },
  {
    about: "a heredoc of braces and brackets",
    name: "bash",
    args: {
      command: "cat > a.ts <<'E'\nexport const f = (x: {a: number[]}) => {\n\treturn [x, {}];\n};\nE",
      timeout_s: 5,
    },
  },
  {
    about: "an edit of code",
    name: "edit",
    args: {
      path: "src/a.ts",
      old_string: 'function f() {\n  return { "a": [1, 2,], };\n}',
      new_string: "function f() {\n  return `${x}`; // 日本 ünïcode 🎉\n}",
      replace_all: false,
    },
  },
  {
    about: "an edit that deletes",
    name: "edit",
    args: { path: "über/ä b.ts", old_string: "\\d+\\n", new_string: "", replace_all: true },
  },
  { about: "a read of lines", name: "read", args: { path: "a/b.ts", start: 10, end: 200 } },
  {
    about: "a finish",
    name: "finish",
    args: {
      outcome: "done",
      summary: 'Off by one: "<" became "<=".',
      repro_command: "npm test -- --run 'a b'",
      test_commands: ["npm test", 'pytest -k "x and y"'],
    },
  },
];

type Make = (call: Meant) => readonly Omit<ClassCase, "runs">[];

const json = (call: Meant) => JSON.stringify(call.args);
const as = (call: Meant, args: unknown, name: string = call.name): Omit<ClassCase, "runs"> => ({
  about: call.about,
  came: { name, args },
});
/** Each way makes one case of each call. */
const ways =
  (...make: readonly ((call: Meant) => unknown)[]): Make =>
  (call) =>
    make.map((way) => as(call, way(call)));

/** As Python writes it. */
function python(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "string") return JSON.stringify(value);
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return value.includes("'") && !value.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}
const entries = (call: Meant, one: (key: string, value: unknown) => string): string =>
  `{${Object.entries(call.args)
    .map(([key, value]) => one(key, value))
    .join(", ")}}`;

/** Only the strings that JSON escapes for being invisible. */
const rawControl = (text: string): string =>
  text.replaceAll(/(?<!\\)((?:\\\\)*)\\n/g, "$1\n").replaceAll(/(?<!\\)((?:\\\\)*)\\t/g, "$1\t");

const asText = (value: unknown): unknown =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : value;

const otherNames: Readonly<Record<string, string>> = {
  command: "cmd",
  path: "file_path",
  old_string: "old_str",
  new_string: "newText",
};
const renamed = ({ args }: Meant): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [otherNames[key] ?? key, value]));

const aliases: Readonly<Record<Meant["name"], readonly string[]>> = {
  bash: ["shell", "run_terminal_cmd"],
  read: ["view", "cat"],
  edit: ["str_replace", "str_replace_editor"],
  finish: ["submit", "done"],
};

const hermes = (call: Meant) =>
  `<tool_call>\n${JSON.stringify({ name: call.name, arguments: call.args })}\n</tool_call>`;
const qwen = (call: Meant) =>
  `<function=${call.name}>\n${Object.entries(call.args)
    .filter(([, value]) => value !== null)
    .map(
      ([key, value]) =>
        `<parameter=${key}>\n${typeof value === "string" ? value : JSON.stringify(value)}\n</parameter>\n`,
    )
    .join("")}</function>`;
const mistral = (call: Meant) => `[TOOL_CALLS]${call.name}[ARGS]${json(call)}`;
const llama = (call: Meant) => `<|python_tag|>${JSON.stringify({ name: call.name, parameters: call.args })}`;
const texts =
  (...make: readonly ((call: Meant) => string)[]): Make =>
  (call) =>
    make.map((way) => ({ about: call.about, came: way(call) }));

/** A number shows no end of its own: digits of it may be missing. */
const endsOpen = (call: Meant): boolean => /\d\}$/.test(json(call));

/** Nothing is lost here: what was meant runs. */
const recovered: Readonly<Record<string, Make>> = {
  "plain JSON": ways(json),
  "an object": ways(({ args }) => args),
  "a byte order mark": ways((call) => `\uFEFF${json(call)}`),
  "a fence": ways((call) => `\`\`\`json\n${json(call)}\n\`\`\``),
  "a fence without a language": ways((call) => `\`\`\`\n${json(call)}\n\`\`\`\n`),
  "words before": ways((call) => `Here is the call: ${json(call)}`),
  "leaked tokens after": ways(
    (call) => `${json(call)}<|im_end|>`,
    (call) => `${json(call)}\n</parameter>\n</function>`,
  ),
  "no opening brace": ways((call) => json(call).slice(1)),
  "no closing brace": (call) => (endsOpen(call) ? [] : [as(call, json(call).slice(0, -1))]),
  "the same object twice": ways((call) => json(call) + json(call)),
  "raw line breaks and tabs": ways((call) => rawControl(json(call))),
  "a trailing comma": ways((call) => json(call).replace(/\}$/, ",}")),
  "Python literals": ways((call) => entries(call, (key, value) => `'${key}': ${python(value)}`)),
  "unquoted keys": ways((call) => entries(call, (key, value) => `${key}: ${JSON.stringify(value)}`)),
  "JSON in a string": ways((call) => JSON.stringify(json(call))),
  "arguments in arguments": ways(
    ({ args }) => ({ arguments: args }),
    (call) => ({ parameters: json(call) }),
    ({ args }) => ({ input: args }),
  ),
  "the whole call in its arguments": ways(
    ({ name, args }) => JSON.stringify({ name, arguments: args }),
    (call) => ({ name: call.name, arguments: json(call) }),
  ),
  "numbers and booleans as text": ways(({ args }) =>
    Object.fromEntries(Object.entries(args).map(([key, value]) => [key, asText(value)])),
  ),
  "nullable arguments left out": ways(({ args }) =>
    Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)),
  ),
  "another harness's argument names": ways(renamed),
  "a name with leaked tokens": (call) => [
    as(call, json(call), `${call.name}<|channel|>json`),
    as(call, json(call), `functions.${call.name}`),
  ],
  "another harness's tool name": (call) => [
    ...aliases[call.name].map((name) => as(call, json(call), name)),
    as(call, json(call), call.name.toUpperCase()),
  ],
  "a call left in the text": texts(hermes, qwen, mistral, llama, (call) => `I look first.\n\n${hermes(call)}`),
};

const third = (text: string, of: number): string => text.slice(0, Math.floor((text.length * of) / 4));

/** It cannot be told here what was meant, or nothing was: nothing runs. */
const refused: Readonly<Record<string, Make>> = {
  "broken off": (call) => [
    ...[1, 2, 3].map((quarters) => as(call, third(json(call), quarters))),
    ...(endsOpen(call) ? [as(call, json(call).slice(0, -1))] : []),
  ],
  "cut at the output limit": (call) => [
    { ...as(call, json(call)), cut: true },
    { ...as(call, call.args), cut: true },
  ],
  "two different objects": ways((call) => `${json(call)}{"command":"rm -rf b","path":"b","timeout_s":null}`),
  "arguments that the tool does not have": ways(
    ({ args }) => ({ ...args, cwd: "/tmp/x" }),
    ({ args }) => ({ ...args, env: { A: "b" } }),
  ),
  "a call that is only mentioned or thought of": texts(
    (call) => `<think>I could do ${hermes(call)}</think>Done.`,
    (call) => `<think>\n${qwen(call)}`,
    (call) => `${hermes(call)}\nis what I would never do.`,
    (call) => `An example:\n\`\`\`\n${qwen(call)}`,
    (call) => `Never write ${mistral(call)}`,
  ),
};

const casesOf = (make: Make, runs: boolean): ClassCase[] =>
  meant.flatMap((call) =>
    make(call).map((item) => ({ ...item, runs: runs ? { name: call.name, args: call.args } : null })),
  );

/** Ways in which calls go wrong, each with cases made of the same calls: what survives in one must survive in all. */
export const classes: readonly { readonly about: string; readonly cases: readonly ClassCase[] }[] = [
  ...Object.entries(recovered).map(([about, make]) => ({ about, cases: casesOf(make, true) })),
  ...Object.entries(refused).map(([about, make]) => ({ about, cases: casesOf(make, false) })),
];
