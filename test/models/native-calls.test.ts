import { describe, expect, test } from "vitest";
import { rescueCalls } from "../../src/models/text-rescue.ts";
import { processorTime } from "../support/processor-time.ts";

const args = { command: "ls -la" };
const json = JSON.stringify(args);
const glm = "<tool_call>bash\n<arg_key>command</arg_key>\n<arg_value>ls -la</arg_value>\n</tool_call>";
const hermes = `<tool_call>${JSON.stringify({ name: "bash", arguments: args })}</tool_call>`;
const qwen = "<function=bash>\n<parameter=command>\nls -la\n</parameter>\n</function>";
const invoke = '<invoke name="bash">\n<parameter name="command">ls -la</parameter>\n</invoke>';
const kimi = `<|tool_call_begin|>bash:0<|tool_call_argument_begin|>${json}<|tool_call_end|>`;
const deepSeek = `<｜tool▁call▁begin｜>bash<｜tool▁sep｜>${json}<｜tool▁call▁end｜>`;
const harmony = `<|channel|>commentary to=functions.bash <|constrain|>json<|message|>${json}`;

describe("a call in the alphabet of its family is read:", () => {
  test.each<[string, string, string?, string?]>([
    ["GLM", glm],
    ["GLM, after words", `I look.\n${glm}`, "I look."],
    ["MiniMax", `I look.\n<minimax:tool_call>\n${invoke}\n</minimax:tool_call>`, "I look."],
    ["invocations in a list", `<function_calls>\n${invoke}\n</function_calls>`],
    ["an invocation alone", invoke],
    ["Kimi", `I look.<|tool_calls_section_begin|>${kimi}<|tool_calls_section_end|>`, "I look."],
    ["DeepSeek", `I look.<｜tool▁calls▁begin｜>${deepSeek}<｜tool▁calls▁end｜><｜end▁of▁sentence｜>`, "I look."],
    [
      "DeepSeek, fenced",
      `<｜tool▁call▁begin｜>function<｜tool▁sep｜>bash\n\`\`\`json\n${json}\n\`\`\`<｜tool▁call▁end｜>`,
    ],
    ["gpt-oss", `<|channel|>analysis<|message|>hm<|end|><|start|>assistant${harmony}<|call|>`],
    ["gpt-oss, after words", `<|channel|>commentary<|message|>I look.<|end|><|start|>assistant${harmony}`, "I look."],
    ["GLM, about its own tags", glm.replace("ls -la", "echo '</tool_call>'"), "", "echo '</tool_call>'"],
    ["Hermes, indented, after the template's own head", `<|im_start|>assistant\n  ${hermes}`, "<|im_start|>assistant"],
    ["Qwen, with the line ends of DOS", qwen.replaceAll("\n", "\r\n")],
    ["gpt-oss, the other way round", `to=functions.bash<|channel|>commentary json<|message|>${json}`],
  ])("%s", (_, text, before = "", command = "ls -la") => {
    expect(rescueCalls(text)).toEqual({ text: before, calls: [{ name: "bash", args: { command } }] });
  });

  test("several in a row, in their order", () => {
    const other = invoke.replace("ls -la", "pwd");
    for (const text of [
      `${invoke}\n${other}`,
      `${kimi}${kimi.replace("ls -la", "pwd")}`,
      `${glm}${glm.replace("ls -la", "pwd")}`,
    ])
      expect(rescueCalls(text)?.calls.map((call) => call.args)).toEqual([args, { command: "pwd" }]);
  });
});

describe("nothing is run of", () => {
  test.each<[string, string]>([
    ["a call with words after it", `${glm}\nis how one would list files.`],
    ["an invocation in code", `\`\`\`xml\n${invoke}\n\`\`\``],
    ["an invocation in a sentence", `Use ${invoke}`],
    ["a call that was thought of only", `<think>${kimi}</think>`],
    ["a cut value", glm.replace("</arg_value>\n</tool_call>", "")],
    ["a cut object", kimi.replace('la"}', "")],
    [
      "two values for one argument",
      invoke.replace("</parameter>", '</parameter><parameter name="command">rm x</parameter>'),
    ],
    ["a value with tags of its own", invoke.replace("ls -la", "echo \"<parameter name='x'>\"")],
    ["words between the tags", glm.replace("<arg_key>", "first <arg_key>x</arg_key> then <arg_key>")],
    ["a message on another channel after it", `${harmony}<|end|><|start|>assistant<|channel|>final<|message|>Done.`],
    ["a quotation", `> ${kimi}`],
    ["code by its indentation", `README:\n    ${hermes}`],
    ["a remark that is still open", `<!--\n${hermes}`],
    ["a message of the template", `<|im_start|>user\n${hermes}`],
    ["a message in an example", `<example>\n${harmony}`],
    ["a message somebody else wrote", `user:\n${harmony}`],
    ["a wrapper that was never opened", `${invoke}\n</function_calls>`],
  ])("%s", (_, text) => {
    expect(rescueCalls(text)).toBeNull();
  });
});

test("text made to be slow to read is read in a moment", () => {
  const spent = processorTime();
  for (const piece of [
    '<invoke name="a">',
    "<tool_call>a <arg_key>",
    "<|tool_call_begin|>a",
    "<｜tool▁call▁begin｜>a<｜tool▁sep｜>",
    "<|channel|>commentary to=functions.a <|message|>{",
  ])
    rescueCalls(piece.repeat(190_000 / piece.length));
  expect(spent()).toBeLessThan(3);
});
