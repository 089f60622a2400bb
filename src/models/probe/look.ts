import type { IncomingHttpHeaders } from "node:http";
import type { Endpoint } from "../endpoint.ts";
import { openAgent } from "../agent.ts";
import { send } from "../http.ts";
import { ModelError } from "../model-error.ts";

/** The most characters of an answer that are read: a page that never ends is no answer. */
const MAX_CHARACTERS = 4_000_000;

/** What a server answered to a GET, or to a POST with a body. */
export interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed text; undefined when it is no JSON. */
  readonly json: unknown;
  readonly ms: number;
}

export interface Look {
  /** Below the base URL; or, with `root`, below the address without its version, where servers put what is not of the API. */
  readonly path: string;
  readonly root?: boolean;
  readonly body?: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** "http://127.0.0.1:8000/v1" is served from "http://127.0.0.1:8000". */
const rootOf = (baseUrl: string): string => baseUrl.replace(/\/+$/, "").replace(/\/v\d+$/, "");

/**
 * Asks for one page of the endpoint itself, any status. A redirect is an answer, never followed: the key would go along.
 * Fails only with ModelError.
 */
export async function look(endpoint: Endpoint, { path, root = false, body, limitMs, signal }: Look): Promise<Seen> {
  const base = root ? rootOf(endpoint.baseUrl) : endpoint.baseUrl.replace(/\/+$/, "");
  const url = new URL(base + path);
  const key = await keyOf(endpoint);
  const started = performance.now();
  const limits = { connectMs: limitMs, firstByteMs: limitMs, idleMs: limitMs, totalMs: limitMs };
  const headers = { accept: "application/json, text/plain", "user-agent": "claw", ...authorization(endpoint, key) };
  const agent = openAgent(url, endpoint.network);
  try {
    const asked = { url, agent, headers, limits, signal, where: endpoint, ...(body !== undefined && { body }) };
    const reply = await send(asked);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of reply.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_CHARACTERS) break;
    }
    const text = Buffer.concat(chunks).toString("utf8");
    const { status, headers: got } = reply;
    return { status, headers: got, text, json: parsed(text), ms: performance.now() - started };
  } finally {
    agent.destroy();
  }
}

/** A server of one's own may do without; any other says "no key" before it is asked. */
async function keyOf(endpoint: Endpoint): Promise<string | undefined> {
  const key = await endpoint.key();
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key))
    throw new ModelError(
      "auth",
      `the key for ${endpoint.name} holds a space, line break or other character that no key has`,
      { where: endpoint },
    );
  return key;
}

function authorization({ wire }: Endpoint, key: string | undefined): Record<string, string> {
  if (wire === "anthropic")
    return { "anthropic-version": "2023-06-01", ...(key === undefined ? {} : { "x-api-key": key }) };
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
