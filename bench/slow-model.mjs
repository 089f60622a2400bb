import { createServer } from "node:http";
import { chatJson } from "../test/support/model-wire.ts";

// A model server in a process of its own: answers each request after a while, with a command until a session has had
// enough turns, then with the end. Prints its port.

const [turns = 10, delayMs = 300, outputBytes = 1000] = process.argv.slice(2).map(Number);

const server = createServer((incoming, outgoing) => {
  const chunks = [];
  incoming.on("data", (chunk) => chunks.push(chunk));
  incoming.on("end", () => {
    const text = Buffer.concat(chunks).toString("utf8");
    const said = text.split('"role":"assistant"').length - 1;
    const call =
      said >= turns
        ? { name: "finish", arguments: { outcome: "done", summary: "the end", test_commands: [] } }
        : said % 8 === 7
          ? {
              name: "edit",
              arguments: { path: "note.txt", old_string: "", new_string: `turn ${said}`, replace_all: null },
            }
          : { name: "bash", arguments: { command: `${outputBytes} ${said}`, timeout_s: null } };
    const reply = {
      calls: [{ ...call, id: `call_${said}` }],
      model: "slow",
      usage: { input: text.length >> 2, output: 40 },
    };
    // Sessions that began together do not stay in step.
    const ms = delayMs * (0.5 + ((said * 37 + text.length * 13) % 100) / 100);
    setTimeout(() => {
      outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(chatJson(reply)));
    }, ms);
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
