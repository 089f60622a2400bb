import { hash } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { Redacted } from "../../errors.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { Exchange } from "../../ledger/exchange.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { connectModel } from "../../models/connect.ts";
import type { Endpoint } from "../../models/endpoint.ts";
import type { HttpReply } from "../../models/http.ts";
import { ModelError } from "../../models/model-error.ts";
import type { ConnectedModel, ModelRequest, Reply } from "../../models/model.ts";
import type { SessionFact } from "../../views/stretches.ts";
import { Diverged } from "./script.ts";

/** The answer to a request, as the record has it. */
type Answered = Extract<SessionFact, { type: "model.replied" | "model.failed" }>;

/** What a replay compared byte for byte; counted on. */
export interface WireCount {
  /** Requests that came out with the very bytes that were sent. */
  requests: number;
  /** Replies that were read once more from the very bytes that came. */
  replies: number;
}

/** The adapter of the wire that a run spoke, between requests that are compared and replies that are on record. */
export interface RecordedWire {
  readonly maxOutputTokens: number;
  /** What the adapter makes of the reply; null where its bytes are not on record, and the record's word has to do. */
  ask(request: ModelRequest, due: Answered): Promise<Reply | null>;
}

const wires = ["responses", "chat", "anthropic"] as const;

/** Null where the record does not say which server was asked how: of a scripted model, and of early releases. */
export async function recordedWire(
  described: EventOf<"model.described"> | undefined,
  ledger: Pick<Ledger, "bytes">,
  clock: Clock,
  count: WireCount,
): Promise<RecordedWire | null> {
  const { wire: spoken, server, maxOutputTokens } = described ?? {};
  const wire = wires.find((each) => each === spoken);
  if (!described || !wire || server === undefined || maxOutputTokens === undefined) return null;
  const heard = hearing(ledger, count);
  const endpoint: Endpoint = {
    name: described.endpoint,
    baseUrl: `https://${server}/v1`,
    wire,
    model: described.model,
    // Never sent: without one nothing is asked of a provider.
    key: () => Promise.resolve("a-replay-has-no-key"),
    selfHosted: described.selfHosted ?? false,
    prices: { input: 0, output: 0 },
    maxOutputTokens,
    record: heard.server,
  };
  const model = await connectModel(endpoint, clock);
  return { maxOutputTokens, ask: asking(model, heard) };
}

const asking =
  (model: ConnectedModel, heard: ReturnType<typeof hearing>): RecordedWire["ask"] =>
  async (request, due) => {
    if (!due.exchange) return null;
    heard.turnTo(due, due.exchange);
    try {
      const reply = await model.ask(request, new AbortController().signal);
      if (due.type === "model.replied") return reply;
      throw new Diverged({ event: due.seq, recorded: `model.failed: ${due.kind}`, replayed: "a complete reply" });
    } catch (error) {
      if (error instanceof NotOnRecord) return null;
      if (!(error instanceof ModelError)) throw error;
      if (due.type === "model.failed" && due.kind === error.kind) return null;
      const recorded = due.type === "model.failed" ? `model.failed: ${due.kind}` : "a complete reply";
      throw new Diverged({ event: due.seq, recorded, replayed: `model.failed: ${error.kind}, ${error.message}` });
    }
  };

/** What came back was not kept whole. */
class NotOnRecord extends Error {}

/** The server's part: compares what it is sent with what was sent then, and says what it said then. */
function hearing(ledger: Pick<Ledger, "bytes">, count: WireCount) {
  let current: { readonly due: Answered; readonly exchange: Exchange } | undefined;
  const now = () => {
    if (!current) throw new Error("nothing is asked");
    return current;
  };
  return {
    turnTo: (due: Answered, exchange: Exchange): void => void (current = { due, exchange }),
    server: {
      manner: () => now().exchange,
      async send(body: string): Promise<HttpReply> {
        const { due, exchange } = now();
        const sent = { sha: hash("sha256", body), bytes: Buffer.byteLength(body) };
        if (sent.sha !== exchange.request.sha)
          throw new Diverged({ event: due.seq, recorded: requestText(exchange.request), replayed: requestText(sent) });
        count.requests += 1;
        const bytes = await bytesOf(exchange, ledger);
        if (bytes === null || exchange.status === null) throw new NotOnRecord();
        count.replies += 1;
        return { status: exchange.status, headers: exchange.headers, body: once(bytes) };
      },
    } satisfies Endpoint["record"],
  };
}

const requestText = ({ sha, bytes }: Exchange["request"]): string => `a request of ${bytes} bytes, SHA-256 ${sha}`;

/** Null where not all of it was kept, or a person had it taken out. */
async function bytesOf({ response }: Exchange, ledger: Pick<Ledger, "bytes">): Promise<Uint8Array | null> {
  if (response?.body === undefined || response.body !== response.sha) return null;
  return ledger.bytes(response.body).catch((error: unknown) => {
    if (error instanceof Redacted) return null;
    throw error;
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
