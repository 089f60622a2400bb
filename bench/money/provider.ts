import { type Fault, type ModelServer, type SeenRequest, startModelServer } from "../../test/support/model-server.ts";
import { randomFrom } from "../../scripts/random.ts";
import type { ScriptedReply } from "../../test/support/model-wire.ts";

/** US dollars per million tokens: what the provider charges, and what claw is told. */
export const prices = { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 };

/** The provider's own books, in nano-dollars by run: what it generated, whether or not the answer arrived. */
export type Invoice = ReadonlyMap<string, number>;

export interface Provider extends ModelServer {
  readonly invoice: Invoice;
}

const overloaded = [429, 503, 529] as const;

/**
 * A model server with its own books and every fault that costs money: it generates, and bills, also when the answer is cut,
 * late, malformed or without usage. The name of the model is that of the run.
 */
export async function startProvider(seed: number): Promise<Provider> {
  const next = randomFrom(seed);
  const invoice = new Map<string, number>();
  const server = await startModelServer((request) => answer(request, next, invoice));
  return { ...server, invoice };
}

function answer({ body, raw }: SeenRequest, next: () => number, invoice: Map<string, number>): ScriptedReply | Fault {
  const run = String(body["model"]);
  const kind = next();
  if (kind < 0.08) {
    const status = overloaded[Math.floor(next() * overloaded.length)] ?? 503;
    return { fault: "status", status, headers: { "retry-after": "0" } };
  }
  const most = Number(body["max_tokens"] ?? body["max_completion_tokens"]);
  const input = Math.floor(Buffer.byteLength(raw) * (0.2 + 0.6 * next()));
  const cached = Math.floor(input * next());
  const output = 1 + Math.floor(most * next());
  const nano = Math.round(
    ((input - cached) * prices.input + cached * prices.cacheRead + output * prices.output) * 1000,
  );
  invoice.set(run, (invoice.get(run) ?? 0) + nano);
  const usage = { input, output, cached };
  if (kind < 0.14) return { fault: "status", status: 500 };
  if (kind < 0.18) return { fault: "hang" };
  if (kind < 0.22) return { fault: "stall", text: "wait" };
  if (kind < 0.27) return { fault: "cut", text: "half a" };
  if (kind < 0.32) return { fault: "destroy", text: "half a" };
  if (kind < 0.36) return { fault: "malformed" };
  if (kind < 0.4) return { fault: "error-frame", error: { message: "the engine died", code: "server_error" } };
  const reply = {
    calls: [{ name: "read", arguments: { path: `f${Math.floor(400 * next())}`, start: null, end: null } }],
  };
  if (kind < 0.46) return { ...reply, usage: null };
  if (kind < 0.5) return { ...reply, usage: { input: 0, output: 0 } };
  return { ...reply, usage };
}
