import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { messagesJson, messagesStream } from "./anthropic-wire.ts";
import { chatJson, chatStream, responsesJson, responsesStream, type ScriptedReply } from "./model-wire.ts";

/** One request the server saw. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they came, and what they parse to. */
  readonly raw: string;
  readonly body: Record<string, unknown>;
  /** Number of the request to this server, from 0; `GET /models` is not counted. */
  readonly index: number;
}

/** Something a real server does wrong. Each closes or holds the connection as its name says. */
export type Fault =
  | {
      readonly fault: "status";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  | { readonly fault: "raw"; readonly body: string; readonly contentType: string }
  /** Nothing at all is sent. */
  | { readonly fault: "hang" }
  /** Headers and a first piece, then silence. */
  | { readonly fault: "stall"; readonly text: string }
  /** Headers and a first piece, then a clean end without any mark of completion. */
  | { readonly fault: "cut"; readonly text: string }
  /** Headers and a first piece, then the socket is destroyed. */
  | { readonly fault: "destroy"; readonly text: string }
  /** A frame, or a body, that is no JSON. */
  | { readonly fault: "malformed" }
  /** An error object in the middle of a stream. */
  | { readonly fault: "error-frame"; readonly error: Record<string, unknown> };

/** What the server answers to a request: a function of what it was asked. */
export type Script = (request: SeenRequest) => ScriptedReply | Fault | Promise<ScriptedReply | Fault>;

export interface ModelServer {
  /** Base URL, up to and including /v1. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Called when a connection ends, whoever ended it. */
  readonly onClose: (listener: () => void) => void;
  readonly close: () => Promise<void>;
}

/**
 * A real HTTP server on loopback that speaks /v1/chat/completions, /v1/responses, /v1/messages and /v1/models, streaming when asked to.
 * `models` is what it lists.
 */
export async function startModelServer(
  script: Script,
  models: readonly string[] = ["test-model"],
): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const listeners: (() => void)[] = [];
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, { script, models, requests }).catch((error: unknown) => {
      outgoing.writeHead(500, { "content-type": "text/plain" }).end(`the test script failed: ${String(error)}`);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      for (const listener of listeners) listener();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    onClose: (listener) => void listeners.push(listener),
    close: () => close(server, sockets),
  };
}

/** Replies in turn, the last one for ever. */
export function inTurn(...replies: readonly (ScriptedReply | Fault)[]): Script {
  return ({ index }) => replies[Math.min(index, replies.length - 1)] ?? { text: "" };
}

function close(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

interface Desk {
  readonly script: Script;
  readonly models: readonly string[];
  readonly requests: SeenRequest[];
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { script, models, requests }: Desk,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const path = incoming.url ?? "";
  const json = { "content-type": "application/json", "x-request-id": `req-${requests.length}` };
  if (path === "/v1/models") {
    outgoing
      .writeHead(200, json)
      .end(JSON.stringify({ object: "list", data: models.map((id) => ({ id, object: "model" })) }));
    return;
  }
  const wire = wires[path];
  if (wire === undefined) {
    outgoing.writeHead(404, json).end(JSON.stringify({ error: { message: `no such path: ${path}` } }));
    return;
  }
  const raw = Buffer.concat(chunks).toString("utf8");
  const request: SeenRequest = {
    path,
    headers: incoming.headers,
    raw,
    body: JSON.parse(raw) as Record<string, unknown>,
    index: requests.length,
  };
  requests.push(request);
  const given = await script(request);
  const streaming = request.body["stream"] === true;
  if ("fault" in given) return fail(outgoing, given, wire, streaming);
  // Servers name the model that they were asked for, unless the script has another answer.
  const reply = { model: String(request.body["model"]), ...given };
  if (!streaming) {
    outgoing.writeHead(200, json).end(JSON.stringify(wire.whole(reply)));
    return;
  }
  outgoing.writeHead(200, { ...json, "content-type": "text/event-stream" });
  for (const frame of wire.stream(reply)) outgoing.write(frame);
  outgoing.end();
}

interface Wire {
  readonly whole: (reply: ScriptedReply) => object;
  readonly stream: (reply: ScriptedReply) => Iterable<string>;
  /** A frame that brings a first piece of text. */
  readonly first: (text: string) => object;
}

const wires: Readonly<Record<string, Wire>> = {
  "/v1/chat/completions": {
    whole: chatJson,
    stream: chatStream,
    first: (content) => ({ choices: [{ index: 0, delta: { content } }] }),
  },
  "/v1/responses": {
    whole: responsesJson,
    stream: responsesStream,
    first: (delta) => ({ type: "response.output_text.delta", delta }),
  },
  "/v1/messages": {
    whole: messagesJson,
    stream: messagesStream,
    first: (text) => ({ type: "content_block_start", index: 0, content_block: { type: "text", text } }),
  },
};

function fail(outgoing: ServerResponse, fault: Fault, wire: Wire, streaming: boolean): void {
  const json = { "content-type": streaming ? "text/event-stream" : "application/json" };
  switch (fault.fault) {
    case "status": {
      const body = fault.body ?? { error: { message: `status ${fault.status}` } };
      const type = typeof body === "string" ? "text/html" : "application/json";
      outgoing
        .writeHead(fault.status, { "content-type": type, ...fault.headers })
        .end(typeof body === "string" ? body : JSON.stringify(body));
      return;
    }
    case "raw":
      outgoing.writeHead(200, { "content-type": fault.contentType }).end(fault.body);
      return;
    case "hang":
      return;
    case "malformed":
      outgoing.writeHead(200, json).end(streaming ? 'data: {"choices":[{"del\n\n' : '{"choices":[{"mess');
      return;
    case "error-frame":
      outgoing
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(`data: ${JSON.stringify({ error: fault.error })}\n\n`);
      return;
    case "stall":
    case "cut":
    case "destroy":
      outgoing.writeHead(200, json);
      outgoing.write(firstPiece(fault.text, wire, streaming), () => {
        if (fault.fault === "cut") outgoing.end();
        if (fault.fault === "destroy") outgoing.destroy();
      });
  }
}

function firstPiece(text: string, wire: Wire, streaming: boolean): string {
  if (!streaming) return `{"choices":[{"message":{"content":${JSON.stringify(text)}`;
  return `data: ${JSON.stringify(wire.first(text))}\n\n`;
}
