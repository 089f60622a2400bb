import { z } from "zod";
import type { Usage } from "../ledger/message.ts";

/** No request has a billion tokens: a server that says so counts something else. */
const count = z.number().int().nonnegative().max(1_000_000_000);
const details = z.object({ cached_tokens: count.nullish(), cache_write_tokens: count.nullish() }).nullish();
const reasoning = z.object({ reasoning_tokens: count.nullish() }).nullish();

/** What both wires call the same things; the names differ, the meaning does not. */
const ReportedUsage = z.union([
  z
    .object({
      input_tokens: count,
      output_tokens: count,
      input_tokens_details: details,
      output_tokens_details: reasoning,
    })
    .transform((u) => ({
      input: u.input_tokens,
      output: u.output_tokens,
      cache: u.input_tokens_details,
      thought: u.output_tokens_details,
      cached: null,
    })),
  z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: details,
      completion_tokens_details: reasoning,
      cached_tokens: count.nullish(),
    })
    .transform((u) => ({
      input: u.prompt_tokens,
      output: u.completion_tokens,
      cache: u.prompt_tokens_details,
      thought: u.completion_tokens_details,
      cached: u.cached_tokens,
    })),
]);

/** llama.cpp's own counters are exact where its `usage` is not. */
const Timings = z.object({ cache_n: count, prompt_n: count, predicted_n: count });

/** Bytes of text per token, on average over code and prose. */
const bytesPerToken = 3.6;

/** Tokens a text of so many bytes probably has. */
export const estimateTokens = (bytes: number): number => Math.ceil(bytes / bytesPerToken);

/** Usage guessed from sizes, in tokens: what is recorded when a server reports nothing usable or a stream was cut. */
export function estimateUsage(inputTokens: number, outputTokens: number): Usage {
  return {
    inputUncached: inputTokens,
    inputCacheRead: 0,
    inputCacheWrite: 0,
    outputVisible: outputTokens,
    outputReasoning: 0,
    source: "estimated",
  };
}

/** Maps a provider's report to disjoint counts; null when it is missing, all zero or not to be believed. */
export function mapUsage(usage: unknown, timings?: unknown): Usage | null {
  const exact = Timings.safeParse(timings);
  if (exact.success) {
    const { cache_n, prompt_n, predicted_n } = exact.data;
    return { ...estimateUsage(prompt_n, predicted_n), inputCacheRead: cache_n, source: "provider" };
  }
  const parsed = ReportedUsage.safeParse(usage);
  if (!parsed.success) return null;
  const { input, output, cache, thought, cached } = parsed.data;
  if (input === 0 && output === 0) return null;
  const read = cache?.cached_tokens ?? cached ?? 0;
  const written = cache?.cache_write_tokens ?? 0;
  const reasoned = thought?.reasoning_tokens ?? 0;
  if (read + written > input || reasoned > output) return null;
  return {
    inputUncached: input - read - written,
    inputCacheRead: read,
    inputCacheWrite: written,
    outputVisible: output - reasoned,
    outputReasoning: reasoned,
    source: "provider",
  };
}

/** Here the input excludes what the cache did: the parts are disjoint already. */
const AnthropicUsage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  output_tokens_details: z.object({ thinking_tokens: count.nullish() }).nullish().catch(null),
});

/** Maps what the Messages wire reports; null when it is missing or all zero. */
export function mapAnthropicUsage(usage: unknown): Usage | null {
  const { data } = AnthropicUsage.safeParse(usage);
  if (data === undefined || data.input_tokens + data.output_tokens === 0) return null;
  const thought = Math.min(data.output_tokens_details?.thinking_tokens ?? 0, data.output_tokens);
  return {
    inputUncached: data.input_tokens,
    inputCacheRead: data.cache_read_input_tokens ?? 0,
    inputCacheWrite: data.cache_creation_input_tokens ?? 0,
    outputVisible: data.output_tokens - thought,
    outputReasoning: thought,
    source: "provider",
  };
}
