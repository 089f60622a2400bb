import { describe, expect, test } from "vitest";
import { classifyFault } from "../../src/models/classify.ts";
import { repairCall } from "../../src/models/repair.ts";
import { settleReply } from "../../src/models/settle.ts";
import { rescueCalls } from "../../src/models/text-rescue.ts";
import { inTurn, startModelServer } from "../support/model-server.ts";
import { processorTime } from "../support/processor-time.ts";
import { askOnce, endpointAt, failureOf, requestOf, tools } from "./desk.ts";

// Calls that a second corpus, made without a look at the first, brought to light; and what must not run beside them.

const ls = { command: "ls", timeout_s: null };
const whole = '{"command":"ls","timeout_s":null}';
const read = (args: unknown, name: string) => repairCall({ name, args }, tools, { truncated: false });

describe("what was meant runs:", () => {
  test.each<[string, unknown, string?]>([
    ["a list of one call", [ls]],
    ["a list of one call, as text", `[${whole}]`],
    ["the same thing three times", whole + whole + whole],
    ["nothing, then the call", `{}\n${whole}`],
    ["a remark between", '{"command":"ls", /* now */ "timeout_s":null}'],
    ["a remark to the end of a line", '{"command":"ls", // now\n "timeout_s":null}'],
    ["typographic quotes", "{\u201ccommand\u201d:\u201cls\u201d,\u201ctimeout_s\u201d:null}"],
    ["the function around it", { function: { name: "bash", arguments: ls } }],
    ["its name around it", { bash: { command: "ls" } }],
    ["the directory it is in anyway", '{"command":"ls","workdir":"."}'],
    ["a list of one call, twice", [ls, ls]],
    ["the same thing twice, with a comma", `${whole},${whole}`],
    ["arguments whose wrapper is not closed", `{"name":"bash","arguments":${whole}`],
    ["another harness's name in the wrapper", { tool_name: "functions.Bash", tool_input: ls }],
    ["encoded twice, without the quotes", '{\\"command\\":\\"ls\\",\\"timeout_s\\":null}'],
    ["a server's name before", whole, "mcp__shell__bash"],
    ["a folder of tools before", whole, "tools::bash"],
    ["what it is behind", whole, "BashTool"],
    ["its version behind", whole, "bash_20250124"],
    ["an invisible character before", whole, "\u200bbash"],
    ["a name in marks", whole, "`bash`"],
    ["a name in quotes", whole, '"bash"'],
    ["a name after a mark", whole, "<|constrain|>bash"],
    ["a namespace", whole, "default_api:bash"],
    ["another harness's name", whole, "run_command"],
  ])("%s", (_, args, name = "bash") => {
    expect(read(args, name)).toMatchObject({ name: "bash", args: ls });
  });
});

describe("what could be something else does not:", () => {
  test.each<[string, unknown, string?]>([
    ["a remark that hides a quote", '{"command":"echo "// rm", "timeout_s":null}'],
    ["a remark after a value", '{"command":"echo "/* rm */", "timeout_s":null}'],
    ["a remark with quotes in it", '{"command": /* not "rm" */ "ls"}'],
    ["a remark after a comma, with a quote", '{"command":"echo ", // "x\n "timeout_s":null}'],
    ["typographic quotes inside others", "{\u201ccommand\u201d:\u201cecho \u201chi\u201d\u201d}"],
    ["typographic quotes, cut", "{\u201ccommand\u201d:\u201cls"],
    ["twice the same, then another", `${whole}${whole}{"command":"rm"}`],
    ["twice the same, then a part", `${whole}${whole}{"command":"rm -rf`],
    ["nothing, then a part", '{}{"command":"rm -rf'],
    ["nothing twice", "{}{}"],
    ["a list of two calls", [ls, { command: "rm" }]],
    ["a list of a list", "[[{}]]"],
    ["a list of one call with one key twice", '[{"command":"rm","command":"ls"}]'],
    ["one key twice in a wrapper", '{"arguments":{"command":"ls","command":"rm"}}'],
    ["one key twice, spelled with an escape", '{"command":"ls","comm\\u0061nd":"rm"}'],
    ["a backslash before a raw line break", '{"command":"ls \\\n  -l","timeout_s":null}'],
    ["a wrapper that is not closed around a part", '{"arguments":{"command":"ls"}'],
    ["encoded twice, without the quotes, and cut", '{\\"command\\":\\"rm -rf b'],
    ["another server's other tool", whole, "mcp__bash__run"],
    ["another tool inside", { function: { name: "read", arguments: ls } }],
    ["another tool's name around it", { read: ls }],
    ["another directory", '{"command":"rm","cwd":".."}'],
  ])("%s", (_, args, name = "bash") => {
    expect(read(args, name).args).toBeNull();
  });
});

test.each([
  ["30s", 30],
  ["2 minutes", 120],
  ["1500 ms", 2],
  ["30 parsecs", undefined],
  ["-3s", undefined],
])("a time limit of %j is %j seconds", (timeout_s, seconds) => {
  expect(read({ command: "ls", timeout_s }, "bash").args?.["timeout_s"]).toBe(seconds);
  expect(read({ command: "ls", timeout: timeout_s }, "bash").args?.["timeout_s"]).toBe(seconds);
});

test("long runs of the same thing are read in time that grows with them", () => {
  const spent = processorTime();
  for (const piece of [" ", "}", ","]) read(`{"command":"${piece.repeat(150_000)}x","timeout_s":null}`, "bash");
  rescueCalls(`${"\n ".repeat(90_000)}x\n<tool_call>{"name":"bash","arguments":{}}</tool_call>`);
  rescueCalls(`${"<|end|>".repeat(27_000)}x`);
  const where = { name: "test", baseUrl: "http://127.0.0.1:1", model: "m" };
  for (const message of ["max_tokens ".repeat(100_000), "<".repeat(1_000_000)])
    classifyFault({ status: 400, body: { error: { message } }, where, now: 0 });
  expect(spent()).toBeLessThan(5);
});

test("a reply that is nested too deeply is no reply, and no crash", async () => {
  const args = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
  const call = `{"id":"c1","type":"function","function":{"name":"bash","arguments":${args}}}`;
  const body = `{"model":"m","choices":[{"message":{"tool_calls":[${call}]},"finish_reason":"tool_calls"}]}`;
  const server = await startModelServer(inTurn({ fault: "raw", body, contentType: "application/json" }));
  const error = await failureOf(askOnce(endpointAt(server.url, { selfHosted: true })));
  expect([error.kind, error.message]).toEqual(["stream_malformed", expect.stringContaining("nested too deeply")]);
  await server.close();
});

const nothing = {
  calls: [],
  finish: "other",
  reasoning: [],
  usage: null,
  servedModel: null,
  servedTier: null,
} as const;
const local = endpointAt("http://127.0.0.1:1/v1", { selfHosted: true });

test("a call that broke off below the output limit is not said to have reached it", () => {
  const broken = { id: "c1", name: "bash", args: whole, cut: true };
  const errorWhen = (finish: "length" | "other") =>
    settleReply({ ...nothing, text: "", calls: [broken], finish }, requestOf(), local).message.calls[0];
  expect(errorWhen("other")).toMatchObject({ args: null, error: expect.stringMatching(/^the call broke off/) });
  expect(errorWhen("length")).toMatchObject({ args: null, error: expect.stringMatching(/cut at 1000 tokens/) });
});

/** The commands that run of a reply in words, at a server of one's own. */
function runs(text: string): readonly unknown[] {
  const { message } = settleReply({ ...nothing, text }, requestOf(), local);
  return message.calls.flatMap(({ args }) => (args === null ? [] : [args["command"]]));
}

const call = '{"name":"bash","arguments":{"command":"ls"}}';
const tagged = `<tool_call>${call}</tool_call>`;

test.each<[string, string, string?]>([
  ["an end mark after it", '[TOOL_CALLS]bash[ARGS]{"command":"ls"}</s>'],
  ["Mistral's call id", '[TOOL_CALLS]bash[CALL_ID]abc123def[ARGS]{"command":"ls"}'],
  ["no closing tag, since the server takes it for the end", `I look.\n<tool_call>\n${call}`],
  ["raw line breaks in its strings", tagged.replace("ls", "a\nb"), "a\nb"],
  ["Python's quotes", "<tool_call>\n{'name': 'bash', 'arguments': {'command': 'ls'}}\n</tool_call>"],
  ["a plan before it, closed", `<plan>\nlook\n</plan>\n${tagged}`],
  ["one brace too many", tagged.replace("}}", "}}}")],
  ["one brace too few", tagged.replace("}}", "}")],
  ["a tag around all of them", `<tool_calls>\n${tagged}\n</tool_calls>`],
  ["OpenAI's wrapper", `<tool_call>{"type":"function","function":${call}}</tool_call>`],
  ["quotes in its tags", '<function="bash"><parameter="command">ls</parameter></function>'],
  ["no mark before its arguments", '[TOOL_CALLS]bash{"command":"ls"}'],
  ["lines that end as on Windows", "```bash\r\nls\r\n```"],
  ["another family's thinking before it, closed", `[THINK]rm?[/THINK]\n${tagged}`],
  ["comments in a shell block", "```bash\n# look\nls\n```", "# look\nls"],
])("a call in words runs with %s", (_, text, command = "ls") => {
  expect(runs(text)).toEqual([command]);
});

test.each<[string, string]>([
  ["no closing tag, and words after it", `<tool_call>${call} (do not run it)`],
  ["no closing tag, and words before it", `Never do <tool_call>${call}`],
  ["no closing tag, in an open fence", `Example:\n\`\`\`\n<tool_call>\n${call}`],
  ["a part of it missing", `<tool_call>${call.slice(0, -1)}`],
  ["a whole one, then a part", `${tagged}\n<tool_call>${call.slice(0, -9)}`],
  ["an open tag of another kind", `<reflection>\n${tagged}`],
  ["an open tag with an attribute", `<tool_response id="1">\n${tagged}`],
  ["Kimi's thinking open", `◁think▷maybe\n${tagged}`],
  ["Mistral's thinking open", `[THINK]maybe\n${tagged}`],
  ["Seed's thinking open", `<seed:think>maybe\n${tagged}`],
  ["Cohere's thinking open", `<|START_THINKING|>maybe\n${tagged}`],
  ["Gemma's thinking open", `<|channel>thought\nmaybe\n${tagged}`],
  ["an analysis open", `<|channel|>analysis<|message|>maybe\n${tagged}`],
  ["thinking open in other letters", `<THINK>maybe\n${tagged}`],
  ["another family's end in open thinking", `<think>maybe <|end|> [/THINK]\n${tagged}`],
  ["an argument that thinking seems to be in", tagged.replace("ls", "rm b[THINK]a[/THINK]")],
  ["somebody else's label", `User:\n${tagged}`],
  ["an indented block", "    ```bash\n    rm -rf b\n    ```"],
  ["a prompt with a path", "```bash\n~/project$ rm -rf b\n```"],
  ["a prompt with a host", "```bash\nroot@host:/# rm -rf b\n```"],
  ["another shell's prompt", "```bash\n% rm -rf b\n```"],
])("a call in words is a mere mention with %s", (_, text) => {
  expect(runs(text)).toEqual([]);
});
