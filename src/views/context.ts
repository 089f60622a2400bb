import type { EventOf, Recorded, Sha } from "../ledger/events.ts";

/** How full a session's context is, and how it was made room in. */
export interface ContextState {
  /** What the server counted last, prompt and reply together, and how many messages that were; null after a compaction. */
  readonly counted: { readonly tokens: number; readonly messages: number } | null;
  /** The task as the session began with it: every compaction starts from its words. */
  readonly task: Sha | null;
  readonly compactions: number;
  /** The turn after which the last one happened. */
  readonly compactedAt: number | null;
  /** Compactions since a check last passed that had failed before. */
  readonly fruitless: number;
  /** The server refused the last request because it does not fit; in its own words. */
  readonly refused: string | null;
  /** Such refusals since the last reply. */
  readonly refusals: number;
  /** The alarm was given, and no compaction came yet. */
  readonly alarmed: boolean;
  /** A summary that was asked for and is not used yet. */
  readonly summary: Sha | null;
  /** It was asked for, and there will be none. */
  readonly unsummarised: boolean;
}

export const emptyContext: ContextState = {
  counted: null,
  task: null,
  compactions: 0,
  compactedAt: null,
  fruitless: 0,
  refused: null,
  refusals: 0,
  alarmed: false,
  summary: null,
  unsummarised: false,
};

/** One event of the session forward. `messages` is how many the transcript has after it, `turns` how many replies there were. */
export function applyToContext(
  context: ContextState,
  event: Recorded,
  { messages, turns }: { readonly messages: number; readonly turns: number },
): ContextState {
  switch (event.type) {
    case "message.added":
      return event.about === "task" ? { ...context, task: event.message } : context;
    case "model.replied":
      return event.purpose === "summary"
        ? { ...context, summary: event.message }
        : { ...context, counted: { tokens: tokensOf(event), messages }, refused: null, refusals: 0 };
    case "model.failed":
      if (event.purpose === "summary") return { ...context, unsummarised: true };
      return event.kind === "context_overflow"
        ? { ...context, refused: event.reason, refusals: context.refusals + 1 }
        : context;
    case "context.alarmed":
      return { ...context, alarmed: true };
    case "session.compacted":
      return {
        ...context,
        counted: null,
        compactions: context.compactions + 1,
        compactedAt: turns,
        fruitless: context.fruitless + 1,
        refused: null,
        alarmed: false,
        summary: null,
        unsummarised: false,
      };
    default:
      return context;
  }
}

const tokensOf = ({ usage }: EventOf<"model.replied">): number =>
  usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite + usage.outputVisible + usage.outputReasoning;
