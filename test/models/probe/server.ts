import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { chatJson, chatStream, type ScriptedReply } from "../../support/model-wire.ts";

interface Message {
  readonly role: string;
  readonly content: string;
}

/** What a made-up server has besides its model: pages by path, as JSON unless they are text. */
export interface ServerPlan {
  readonly pages?: Readonly<Record<string, unknown>>;
  /** Answers a question; by default a model that does what a probe asks. */
  readonly model?: (messages: readonly Message[], tools: boolean) => ScriptedReply | null;
  /** Prompts are cut to so many tokens, from the beginning, without a word. */
  readonly cutsAt?: number;
  /** Prompts of more tokens are refused. */
  readonly refusesAbove?: number;
}

const BYTES_PER_TOKEN = 3;

/** Does exactly what a probe asks for. */
export function obedient(messages: readonly Message[], tools: boolean): ScriptedReply {
  const text = messages.at(-1)?.content ?? "";
  if (tools && text.includes("twice"))
    return {
      calls: [
        { id: "a", name: "note", arguments: { text: "first", count: 1 } },
        { id: "b", name: "note", arguments: { text: "second", count: 2 } },
      ],
    };
  if (tools) return { calls: [{ id: "a", name: "note", arguments: { text: between(text), count: 7 } }] };
  const word = /code word is ([\w-]+)/.exec(messages.map(({ content }) => content).join("\n"))?.[1];
  if (text.includes("code word")) return { text: word ?? "I do not know" };
  return { text: Array.from({ length: 60 }, (_, index) => index + 1).join(" "), usage: { input: 40, output: 120 } };
}

export const between = (text: string): string => /<<<\n([^]*)\n>>>/.exec(text)?.[1] ?? "";

const modelList = { object: "list", data: [{ id: "qwen", object: "model", owned_by: "vllm", max_model_len: 65_536 }] };

/** A real server on loopback that is as the plan says; its base URL. Closed with the test. */
export async function modelServer(plan: ServerPlan = {}): Promise<string> {
  return listen(async (incoming, outgoing) => {
    const path = incoming.url ?? "";
    const pages: Record<string, unknown> = { "/v1/models": modelList, ...plan.pages };
    if (path in pages) return sendPage(outgoing, pages[path]);
    if (path !== "/v1/chat/completions") return void outgoing.writeHead(404).end('{"detail":"Not Found"}');
    const body = JSON.parse(await textOf(incoming)) as {
      model: string;
      messages: Message[];
      tools?: unknown[];
      stream?: boolean;
    };
    const whole = body.messages.map(({ content }) => content).join("\n");
    const tokens = Math.ceil(whole.length / BYTES_PER_TOKEN);
    if (plan.refusesAbove !== undefined && tokens > plan.refusesAbove) {
      const message = `This model's maximum context length is ${plan.refusesAbove} tokens.`;
      return void outgoing.writeHead(400).end(JSON.stringify({ error: { message, code: 400 } }));
    }
    const kept = Math.min(tokens, plan.cutsAt ?? tokens);
    const messages = [{ role: "user", content: whole.slice(-kept * BYTES_PER_TOKEN) }];
    const reply = (plan.model ?? obedient)(messages, body.tools !== undefined);
    if (reply === null) return void outgoing.destroy();
    const counted = { model: body.model, usage: { input: kept, output: 120 }, ...reply };
    if (!body.stream) return void outgoing.writeHead(200).end(JSON.stringify(chatJson(counted)));
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    for (const frame of chatStream(counted)) outgoing.write(frame);
    outgoing.end();
  });
}

function sendPage(outgoing: ServerResponse, page: unknown): void {
  if (typeof page === "string") outgoing.writeHead(200, { "content-type": "text/plain" }).end(page);
  else outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(page));
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Any server at all; its base URL. */
export async function listen(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown,
): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
