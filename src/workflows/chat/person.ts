import type { Rest } from "../../agent/loop.ts";
import type { TurnEnd } from "../../agent/talk.ts";

/** What a person at a session wants next. */
export type Wish =
  | { readonly kind: "say"; readonly text: string }
  /** The turn that broke off goes on. */
  | { readonly kind: "again" }
  | { readonly kind: "compact" }
  /** The changes of the last turn that made any are taken back. */
  | { readonly kind: "undo" }
  | { readonly kind: "diff" }
  /** The session's changes go into the person's own files. */
  | { readonly kind: "apply" }
  | { readonly kind: "model"; readonly choice: string }
  /** The run's own limit in money, in nano-dollars. */
  | { readonly kind: "budget"; readonly usdNano: number };

/** What came of a wish, for the screen. */
export type News =
  | {
      readonly kind: "turn";
      readonly how: TurnEnd["how"];
      readonly detail: string;
      /** The limit that was reached. */
      readonly limit?: Rest["limit"];
      readonly changed: Counts | null;
      /** The change goes into the person's files at once. */
      readonly inPlace: boolean;
    }
  /** No reply could be had: what happened, and what to do. The session goes on. */
  | { readonly kind: "failed"; readonly message: string; readonly hint: string }
  /** What differs from the files the session began with. */
  | { readonly kind: "diff"; readonly patch: string }
  /** `partly`: done, but something is left for the person to settle. */
  | { readonly kind: "done"; readonly text: string; readonly partly?: boolean }
  | { readonly kind: "refused"; readonly text: string };

/** How much a change is. */
export interface Counts {
  readonly files: readonly string[];
  readonly added: number;
  readonly deleted: number;
}

/** The person at the other end of a session. What they see of it is never stored. */
export interface Person {
  /** What they want next, however long they think; null when they leave. */
  next(signal: AbortSignal): Promise<Wish | null>;
  /** A turn of the model's begins: the signal fires when the person wants it stopped. */
  turn(): AbortSignal;
  told(news: News): void;
  /** They are still there when no reply can be had: the session goes on, instead of pausing. */
  readonly stays: boolean;
}
