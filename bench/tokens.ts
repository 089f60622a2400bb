import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

/** What of a Chat Completions request a model is given to read. */
export interface Request {
  readonly tools?: readonly unknown[];
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string | null;
    readonly tool_calls?: readonly ToolCall[];
  }[];
}

interface ToolCall {
  readonly function: { readonly name: string; readonly arguments: string };
}

const counted = new Map<string, number>();

/** Tokens of a text as o200k counts them, whatever model is asked. */
export function tokens(text: string): number {
  const known = counted.get(text) ?? countTokens(text, { disallowedSpecial: new Set() });
  counted.set(text, known);
  return known;
}

/** Tool definitions as sent, and the texts of all messages, without the syntax around them. */
export function requestTokens({ tools = [], messages }: Request): number {
  const texts = messages.flatMap(({ content, tool_calls: calls = [] }) => [
    content ?? "",
    ...calls.map(({ function: { name, arguments: args } }) => `${name}\n${args}`),
  ]);
  return tokens(JSON.stringify(tools)) + texts.reduce((sum, text) => sum + tokens(text), 0);
}
