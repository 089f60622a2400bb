import { hash } from "node:crypto";
import type { EventOf } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Message, Usage } from "../../ledger/message.ts";
import { readMessage, readReply } from "../../ledger/read-body.ts";
import { ModelError, type ModelErrorKind } from "../../models/model-error.ts";
import type { ConnectedModel, ModelRequest, Reply } from "../../models/model.ts";
import { latest } from "../../views/run.ts";
import { foldSession } from "../../views/session.ts";
import { Diverged, RecordEnds, type Script } from "./script.ts";
import type { RecordedWire } from "./wire.ts";

/** What the record can no longer say of a failed request; its price is not compared. */
const unknownUsage: Usage = {
  inputUncached: 0,
  inputCacheRead: 0,
  inputCacheWrite: 0,
  outputVisible: 0,
  outputReasoning: 0,
  source: "estimated",
};

const where = { name: "the record", baseUrl: "", model: "" };

/** Of a request: what a model is sent. */
const hashOf = ({ messages, tools }: Pick<ModelRequest, "messages" | "tools">): string =>
  hash("sha256", JSON.stringify([messages, tools]));

interface Source {
  readonly ledger: Pick<Ledger, "text">;
  readonly tools: ModelRequest["tools"];
  /** Null: the record does not say how the model was asked, or there is none that was. */
  readonly wire: RecordedWire | null;
  /** This release asks for summaries in the words of the run. */
  readonly sameSummary: boolean;
  /** Told of each request. */
  readonly asked: () => void;
}

/** Answers as the record says the model did, and compares each request with the one that the record is of. */
export function recordedModel(script: Script, { ledger, tools, wire, sameSummary, asked }: Source): ConnectedModel {
  const parsed = new Map<string, Message>();
  const read = async (sha: string): Promise<Message> => {
    const message = parsed.get(sha) ?? readMessage(await ledger.text(sha));
    parsed.set(sha, message);
    return message;
  };
  const recordedRequest = async (upTo: number): Promise<string> => {
    const { before, facts, session } = script.stretch;
    const known = [...before, ...facts.filter(({ seq }) => seq < upTo)];
    const { messages } = foldSession(known, session);
    return hashOf({ messages: await Promise.all(messages.map(read)), tools });
  };
  return {
    window: latest(script.stretch.before, "model.described")?.window ?? null,
    info: {
      endpoint: "record",
      model: "",
      wire: "scripted",
      selfHosted: true,
      label: "the record",
      maxOutputTokens: wire?.maxOutputTokens ?? 0,
    },
    price: () => repliedNow(script)?.cost ?? null,
    ceiling: () => ceilingNow(script),
    async ask(request) {
      const due = script.peek();
      const [now, then] = [hashOf(request), await recordedRequest(due?.seq ?? Infinity)];
      asked();
      // A summary is asked for with other words than the transcript's; that it was due, and its size, is compared.
      const aside = due && "purpose" in due && due.purpose === "summary";
      if (now !== then && !aside) {
        const words = (sha: string): string => `a request of ${request.messages.length} messages, SHA-256 ${sha}`;
        throw new Diverged({ event: due?.seq ?? null, recorded: words(then), replayed: words(now) });
      }
      const answered = due?.type === "model.replied" || due?.type === "model.failed";
      const reply = answered && !(aside && !sameSummary) ? await wire?.ask(request, due) : null;
      if (reply) return reply;
      if (due?.type === "model.replied") return replyOf(due, await ledger.text(due.message));
      throw due?.type === "model.failed" ? failureOf(due, script) : new RecordEnds();
    },
  };
}

const repliedNow = (script: Script): EventOf<"model.replied"> | null => {
  const due = script.peek();
  return due?.type === "model.replied" ? due : null;
};

/** What was reserved then. Where the record says that the budget was in the way, nothing fits now either. */
function ceilingNow(script: Script): number | null {
  const due = script.peek();
  if (due?.type === "session.ended" && due.reason === "over-budget") return Number.MAX_SAFE_INTEGER;
  return due?.type === "model.requested" ? due.reserved : null;
}

/** The stored text is parsed once more, by itself: a message put back together has the same bytes. */
const replyOf = (due: EventOf<"model.replied">, text: string): Reply => ({
  message: readReply(text),
  stop: due.stop,
  usage: due.usage,
  servedModel: due.servedModel,
  servedTier: due.servedTier,
  requestId: due.requestId,
  firstByteMs: due.firstByteMs,
  ms: due.ms,
});

/** A failure that was waited for, or told of, fails again; one that ended the process is the end of the record. */
function failureOf(due: EventOf<"model.failed">, script: Script): Error {
  const after = script.peek(1);
  const waited = after?.type === "model.waited" || (after?.type === "message.added" && after.about === "smaller");
  if (!waited && due.kind !== "context_overflow" && due.purpose === undefined) return new RecordEnds();
  const error = new ModelError(due.kind as ModelErrorKind, due.reason, { where, afterMs: 0 });
  if (due.billable) error.usage = unknownUsage;
  return error;
}
