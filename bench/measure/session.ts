import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { environment, makeHome, type Measurement, program } from "../desk.ts";
import { atMost } from "../row.ts";
import { makeRepository } from "../sample-repository.ts";
import { median } from "../statistics.ts";

/** Tokens a second, and how many in all. */
const RATE = 200;
const STREAMED = 1200;
const OUTPUT_BYTES = 10 * 2 ** 20;
const letters = "abcdefghijklmnopqrstuvwxyz";

/** What a person at a session waits for: the first frame, and each key while a model writes and a command floods. */
export const sessions: Measurement = {
  name: "session",
  about: "an interactive session in a terminal of 80 by 24: first frame, keys while it streams, memory over turns",
  async run(desk) {
    const home = makeHome(desk.dir, "session");
    const cwd = makeRepository(`${home}/sample`);
    const model = await streamingModel();
    const rounds = desk.repeats(5, 2);
    const turns = desk.repeats(1000, 60);
    try {
      const paints: number[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const terminal = await open(cwd, home, model.url);
        if (round > 0) paints.push(terminal.firstFrameMs);
        await terminal.close();
      }
      const streaming = await keysWhile(await open(cwd, home, model.url), "stream");
      const flooded = await keysWhile(await open(cwd, home, model.url), "flood");
      const growth = await memoryOver(await open(cwd, home, model.url), turns);
      const key = (what: string, { ms, dropped }: Keys) => [
        { what: `key to its echo while ${what}, median`, unit: "ms", value: median(ms), budget: atMost(16) },
        { what: `keys dropped while ${what}`, unit: "keys", value: dropped, budget: atMost(0) },
      ];
      return [
        { what: "session, first frame", unit: "ms", value: median(paints) },
        ...key(`${RATE} tokens/s stream`, streaming),
        ...key("a command writes 10 MB", flooded),
        { what: `resident memory after ${turns} turns`, unit: "MB", value: growth.end, budget: atMost(220) },
        { what: "of it grown since the tenth", unit: "MB", value: growth.end - growth.begin },
      ];
    } finally {
      model.close();
    }
  },
};

/** A server that answers by the last word it was sent: a stream, a command that floods, or one word at once. */
async function streamingModel(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
    incoming.on("end", () => {
      if (incoming.method === "GET") {
        outgoing.writeHead(200, { "content-type": "application/json" }).end('{"data":[{"id":"bench"}]}');
        return;
      }
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      const send = (delta: object, finish: string | null = null): boolean =>
        outgoing.write(
          `data: ${JSON.stringify({ model: "bench", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
        );
      const end = (finish: string): void => {
        send({}, finish);
        outgoing.write(
          `data: ${JSON.stringify({ model: "bench", choices: [], usage: { prompt_tokens: 9, completion_tokens: 9 } })}\n\n`,
        );
        outgoing.end("data: [DONE]\n\n");
      };
      const last = (JSON.parse(body) as { messages: { role: string; content: string }[] }).messages.at(-1);
      const words = last?.role === "user" ? last.content : "";
      if (words.includes("flood")) {
        const command = `sleep 0.5; head -c ${OUTPUT_BYTES} /dev/zero | tr '\\0' x | fold -w 80; sleep 3`;
        const call = { name: "bash", arguments: JSON.stringify({ command, timeout_s: null }) };
        send({ tool_calls: [{ index: 0, id: "c1", type: "function", function: call }] });
        end("tool_calls");
      } else if (words.includes("stream")) void stream(send).then(() => end("stop"));
      else {
        send({ content: "Yes." });
        end("stop");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/v1`, close: () => void server.close() };
}

async function stream(send: (delta: object) => boolean): Promise<void> {
  for (let token = 0; token < STREAMED; token += RATE / 20) {
    const words = Array.from({ length: RATE / 20 }, (_, index) => `word${token + index}${index === 9 ? "\n\n" : " "}`);
    send({ content: words.join("") });
    await sleep(50);
  }
}

interface Open {
  readonly firstFrameMs: number;
  readonly pid: number;
  type(text: string): void;
  /** What was drawn since the last call of `mark`. */
  seen(): string;
  mark(): void;
  until(words: string, limitMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** The program in a pseudo-terminal that util-linux's script makes. */
async function open(cwd: string, home: string, url: string): Promise<Open> {
  const { CI: _, ...plain } = environment(home);
  const env = { ...plain, OPENAI_BASE_URL: url, TERM: "xterm-256color" };
  const command = `stty rows 24 cols 80; echo $$ >${home}/pid; exec ${process.execPath} ${program} --model openai/bench`;
  const startedAt = performance.now();
  const child: ChildProcess = spawn("script", ["-qfc", command, "/dev/null"], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let shown = "";
  child.stdout?.on("data", (chunk: Buffer) => (shown += chunk.toString()));
  const until = async (words: string, limitMs = 60_000): Promise<void> => {
    for (const since = performance.now(); !shown.includes(words); await sleep(1))
      if (performance.now() - since > limitMs) throw new Error(`the session never showed ${words}`);
  };
  await until("ask, or /help");
  const firstFrameMs = performance.now() - startedAt;
  return {
    firstFrameMs,
    pid: Number(readFileSync(`${home}/pid`, "utf8")),
    type: (text) => void child.stdin?.write(text),
    seen: () => shown,
    mark: () => void (shown = ""),
    until,
    async close() {
      const gone = new Promise((resolve) => child.on("close", resolve));
      child.stdin?.write("\u0003");
      await gone;
    },
  };
}

interface Keys {
  readonly ms: readonly number[];
  readonly dropped: number;
}

/** Types a letter at a time while something goes on, and takes the time until each stands on the screen. */
async function keysWhile(terminal: Open, what: "stream" | "flood"): Promise<Keys> {
  terminal.type(`please ${what}\r`);
  await terminal.until(what === "stream" ? "word9" : "xxxx");
  const ms: number[] = [];
  let typed = "";
  for (const letter of letters) {
    typed += letter;
    terminal.mark();
    const at = performance.now();
    terminal.type(letter);
    await terminal.until(typed, 2000).catch(() => {});
    ms.push(performance.now() - at);
    await sleep(30);
  }
  const dropped = terminal.seen().includes(typed) ? 0 : letters.length;
  await terminal.close();
  return { ms, dropped };
}

/** Resident memory after ten turns and after all of them, in MB. */
async function memoryOver(terminal: Open, turns: number): Promise<{ readonly begin: number; readonly end: number }> {
  let begin = 0;
  for (let turn = 1; turn <= turns; turn += 1) {
    terminal.mark();
    terminal.type(`question ${turn}\r`);
    await terminal.until("Yes.");
    await terminal.until("ask, or /help");
    if (turn === 10) begin = residentMb(terminal.pid);
  }
  const end = residentMb(terminal.pid);
  await terminal.close();
  return { begin, end };
}

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
