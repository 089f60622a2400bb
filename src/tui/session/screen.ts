import type { Call } from "../../ledger/message.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { OnDelta } from "../../models/model.ts";

/** Something that is said once and stays on the screen. */
export type Part =
  /** What the person said. */
  | { readonly kind: "person"; readonly text: string }
  /** What the model said, in Markdown. */
  | { readonly kind: "model"; readonly text: string }
  /** A word of claw's own. */
  | { readonly kind: "note"; readonly mark: "·" | "✓" | "!" | "✗"; readonly text: string }
  /** A change, in git's unified format. */
  | { readonly kind: "patch"; readonly patch: string }
  /** Lines as they are: an output, a list. */
  | { readonly kind: "lines"; readonly lines: readonly string[] };

/** What a person may type, and what it means. */
export interface SlashCommand {
  readonly name: string;
  /** What follows it, for the help: "<name>". */
  readonly takes?: string;
  readonly about: string;
  /** What could stand there; asked for once, when it is wanted. */
  readonly values?: () => Promise<readonly Choice[]>;
}

/** A word that may be meant, and what it is. */
export interface Choice {
  readonly text: string;
  readonly about: string;
}

/** What the screen knows beforehand. */
export interface ScreenSetting {
  /** What stands above everything. */
  readonly greeting: string;
  readonly commands: readonly SlashCommand[];
  /** Paths of the repository, for completion; asked for once, when they are wanted. */
  readonly files: () => Promise<readonly string[]>;
  /** What was typed in earlier sessions, the newest last. */
  readonly history: readonly string[];
  /** Told what is typed, for later sessions. */
  readonly remember: (text: string) => void;
  /** The name of the model, as far as it is known before the first reply. */
  readonly model: string;
  readonly usdNano: number | null;
  readonly colours: boolean;
  /** Ctrl-C: the state is saved and claw stops; the second time at once. */
  readonly stop: () => void;
  /** Ctrl-Z: claw stands still, and the shell is there, until it is called to the fore again. */
  readonly suspend: () => void;
}

/** Where a session is seen and typed. */
export interface SessionScreen {
  show(part: Part): void;
  /** The same while the model speaks: what it is saying goes on below. */
  aside(part: Part): void;
  /** Who does at once what is typed while the model works and need not wait; false for what must. */
  anytime(does: (text: string) => boolean): void;
  /** What is typed next; null when the person leaves. Rejects when the signal fires. */
  next(signal: AbortSignal): Promise<string | null>;
  /** A question that one key answers; it says exactly what will happen. Another key shows the patch, where there is one. */
  ask(question: string, signal: AbortSignal, patch?: string): Promise<boolean>;
  /** A turn of the model's begins or is over. While one goes on, Esc calls `stop`. */
  busy(stop: (() => void) | null): void;
  /** The model or the budget that the status line tells. */
  status(change: { readonly model?: string; readonly usdNano?: number }): void;
  /** Puts words back to where they are typed, as nothing came of them. */
  refill(text: string): void;
  onStart(run: string, past: readonly Recorded[]): void;
  onEvent(event: Recorded): void;
  readonly onDelta: OnDelta;
  onOutput(chunk: Buffer): void;
  onCall(call: Call): void;
  /** Leaves the terminal as it was. */
  end(): Promise<void>;
}
