import { hash } from "node:crypto";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ClawError } from "../../errors.ts";
import { readBody } from "./read-body.ts";
import { isSigned } from "./signature.ts";

/** Where GitHub sends to. */
export const HOOK_PATH = "/webhook/github";

/** A delivery that the forge has signed. */
export interface Delivery {
  /** X-GitHub-Delivery: a repeated delivery has the same. */
  readonly id: string;
  /** X-GitHub-Event: "issues", "ping", … */
  readonly event: string;
  /** SHA-256 of the body, in hex: all of it that is signed. */
  readonly digest: string;
  readonly payload: unknown;
}

/** What became of a delivery. */
export interface Received {
  readonly status: "pong" | "queued" | "known" | "decided" | "repeated" | "ignored";
  /** In a sentence, for whoever looks at the deliveries on GitHub. */
  readonly reason: string;
  readonly task?: string;
}

export interface HookOptions {
  readonly secret: string;
  /** Enqueues what is asked for; the signal aborts when GitHub no longer waits for the answer. */
  readonly receive: (delivery: Delivery, signal: AbortSignal) => Promise<Received>;
  /** Takes secrets out of what is sent. */
  readonly clean: (text: string) => string;
  /** Told what is a fault of claw; the caller is not. */
  readonly onFault: (error: unknown) => void;
  /** How long a body may take, in milliseconds. */
  readonly bodyMs?: number;
  /** How long what it asks for may take, in milliseconds: GitHub waits ten seconds for all of it. */
  readonly workMs?: number;
}

/** GitHub's own are below 1 MB where they are about an issue; it allows 25 MB for others, which ask for nothing here. */
const MAX_BYTES = 5 * 2 ** 20;
const BODY_MS = 5000;
const WORK_MS = 4500;
/** Bodies that are read at once. */
const MOST_AT_ONCE = 16;

/** The receiver as a function from requests to answers. Nothing of a body is looked at before its signature holds. */
export function hookOn(options: HookOptions): Hono {
  const app = new Hono();
  let reading = 0;
  app.post(HOOK_PATH, async (context) => {
    if (reading >= MOST_AT_ONCE) return answer(context, 503, "too many deliveries at once");
    reading += 1;
    try {
      return await taken(context, options);
    } finally {
      reading -= 1;
    }
  });
  app.all(HOOK_PATH, (context) => answer(context, 405, "deliveries are posted"));
  app.notFound((context) => answer(context, 404, `deliveries are posted to ${HOOK_PATH}`));
  app.onError((error, context) => {
    options.onFault(error);
    return answer(context, 500, "claw itself failed: look at what claw serve printed");
  });
  return app;
}

const answer = (context: Context, status: ContentfulStatusCode, error: string): Response =>
  context.json({ version: 1, error }, status, { "cache-control": "no-store", "x-content-type-options": "nosniff" });

async function taken(context: Context, options: HookOptions): Promise<Response> {
  const { secret, receive, clean, bodyMs = BODY_MS, workMs = WORK_MS } = options;
  const header = (name: string): string => context.req.header(name) ?? "";
  if (!/^application\/json\s*(;|$)/i.test(header("content-type")))
    return answer(context, 415, "the body is no JSON: choose the content type application/json for the webhook");
  const body = await readBody(context.req.raw, { maxBytes: MAX_BYTES, patienceMs: bodyMs });
  if (body === "too large") return answer(context, 413, `a delivery has at most ${MAX_BYTES / 2 ** 20} MB`);
  if (body === "too slow") return answer(context, 408, "the delivery came too slowly");
  if (!isSigned(body, context.req.header("x-hub-signature-256"), secret))
    return answer(context, 401, "X-Hub-Signature-256 is not there, or not made with this server's secret");
  const [id, event] = [header("x-github-delivery"), header("x-github-event")];
  if (!/^[\w-]{1,100}$/.test(id) || !/^[a-z_]{1,100}$/.test(event))
    return answer(context, 400, "X-GitHub-Delivery or X-GitHub-Event is not as GitHub writes it");
  const payload = parsed(body);
  if (payload === undefined) return answer(context, 400, "the body is no JSON");
  const signal = AbortSignal.timeout(workMs);
  try {
    const received = await receive({ id, event, digest: hash("sha256", body), payload }, signal);
    const text = clean(JSON.stringify({ version: 1, ...received }));
    return context.body(text, received.status === "pong" ? 200 : 202, { "content-type": "application/json" });
  } catch (error) {
    if (!signal.aborted && !(error instanceof ClawError)) throw error;
    const why = signal.aborted ? "it took too long" : (error as ClawError).message;
    return answer(context, 503, clean(`nothing was enqueued, so deliver it again: ${why}`));
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
