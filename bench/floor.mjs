// The floor: the least a Node program can do for the same session. It asks over one kept-alive connection, runs what
// it is told, and checks, records and shows nothing. Plain JavaScript, so that no time goes into stripping types.
//   node floor.mjs <base URL> plain|sandbox
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";

const [baseUrl, mode] = process.argv.slice(2);
const url = new URL(`${baseUrl}/chat/completions`);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const text = { type: "string" };
const tool = (name, description, properties) => ({
  type: "function",
  function: { name, description, parameters: { type: "object", properties, required: Object.keys(properties) } },
});
const tools = [
  tool("bash", "Run a bash command.", { command: text }),
  tool("edit", "Replace one passage of a file.", { path: text, old_string: text, new_string: text }),
  tool("finish", "Say that the work is done.", { outcome: text }),
];

/** The least bubblewrap that deserves the name: the system read-only, the directory writable, no network. */
const bwrap =
  mode === "sandbox"
    ? [
        "/usr/bin/bwrap",
        "--ro-bind",
        "/",
        "/",
        "--bind",
        process.cwd(),
        process.cwd(),
        "--dev",
        "/dev",
        "--proc",
        "/proc",
      ].concat(["--unshare-pid", "--unshare-net", "--die-with-parent", "--"])
    : [];

const ask = (messages) =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ model: "test-model", stream: false, tools, messages });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { agent, method: "POST", headers }, (response) => {
      let answer = "";
      response.on("data", (chunk) => (answer += chunk));
      response.on("end", () => resolve(JSON.parse(answer).choices[0].message));
    });
    sent.on("error", reject).end(body);
  });

const bash = ({ command }) =>
  new Promise((resolve, reject) => {
    const [file, ...args] = [...bwrap, "/bin/bash", "-c", command];
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve(`exit ${code}\n${output}`));
  });

const edit = ({ path, old_string: before, new_string: after }) => {
  writeFileSync(path, before === "" ? after : readFileSync(path, "utf8").replace(before, () => after));
  return "edited";
};

const messages = [
  { role: "system", content: "You are a coding agent. Use the tools." },
  { role: "user", content: "Change the state in src/part1.js, looking around first." },
];
for (;;) {
  const message = await ask(messages);
  messages.push(message);
  for (const { id, function: call } of message.tool_calls) {
    const args = JSON.parse(call.arguments);
    if (call.name === "finish") process.exit(0);
    const content = call.name === "edit" ? edit(args) : await bash(args);
    messages.push({ role: "tool", tool_call_id: id, content });
  }
}
