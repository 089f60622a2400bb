import type { Message } from "../../ledger/message.ts";
import type { Reply } from "../model.ts";
import { ModelError } from "../model-error.ts";

/** Asks one question without tools. */
export type Question = (messages: readonly Message[], maxOutputTokens: number) => Promise<Reply>;

/** One try: how long the prompt was meant to be, how long the server says it was, and whether its beginning was read. */
interface Try {
  readonly tokens: number;
  /** As the server counts; null when it does not. */
  readonly counted: number | null;
  readonly passed: boolean;
  /** The server said itself that the prompt does not fit. */
  readonly refused: boolean;
  readonly firstByteMs: number;
}

export interface Canary {
  readonly tries: readonly Try[];
  /** Tokens of the longest prompt that was read from its beginning; null when not even the shortest was. */
  readonly longest: number | null;
}

/** Room for the answer, and for models that think before they give it. */
const ANSWER_TOKENS = 1_000;
const FIRST_TRY = 1_500;
const LINE = (index: number) =>
  `Line ${String(index).padStart(5, "0")}: the brown fox counted ${(index * 7919) % 100_000} sheep on the hill.`;
/** As most tokenizers count such a line. */
const TOKENS_PER_LINE = 22;

/**
 * How much of a prompt a model really gets: a code word at the very beginning, filler, and the question for it at the
 * end. Servers that cut silently lose the beginning. Starts small, to learn how the server counts; then as long as
 * `wanted` tokens, reply included; halved while that fails.
 */
export async function canary(ask: Question, word: string, wanted: number): Promise<Canary> {
  const tries: Try[] = [];
  const first = await attempt(ask, { word, lines: Math.floor(FIRST_TRY / TOKENS_PER_LINE), tokens: FIRST_TRY });
  tries.push(first);
  if (!first.passed) return { tries, longest: null };
  const perLine = first.counted === null ? TOKENS_PER_LINE : first.counted / Math.floor(FIRST_TRY / TOKENS_PER_LINE);
  for (let size = wanted; size > 2 * FIRST_TRY; size = Math.floor(size / 2)) {
    const tokens = size - ANSWER_TOKENS;
    const one = await attempt(ask, { word, lines: Math.floor(tokens / perLine), tokens });
    tries.push(one);
    if (one.passed) return { tries, longest: size };
  }
  return { tries, longest: FIRST_TRY };
}

interface Plan {
  readonly word: string;
  readonly lines: number;
  readonly tokens: number;
}

async function attempt(ask: Question, { word, lines, tokens }: Plan): Promise<Try> {
  const filler = Array.from({ length: lines }, (_, index) => LINE(index)).join("\n");
  const text = `The code word is ${word}. Remember it.\n\n${filler}\n\nWhat is the code word that was given before line 00000? Answer with the code word alone.`;
  const messages: Message[] = [
    { role: "system", text: "Answer in one line." },
    { role: "user", origin: "task", text },
  ];
  try {
    const { message, usage, firstByteMs } = await ask(messages, ANSWER_TOKENS);
    const counted =
      usage.source === "provider" ? usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite : null;
    const whole = counted === null || counted >= 0.9 * tokens || tokens === FIRST_TRY;
    return { tokens, counted, passed: whole && message.text.includes(word), refused: false, firstByteMs };
  } catch (error) {
    if (error instanceof ModelError && error.kind === "context_overflow")
      return { tokens, counted: null, passed: false, refused: true, firstByteMs: 0 };
    throw error;
  }
}
