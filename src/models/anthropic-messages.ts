import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { AssistantMessage, Message } from "../ledger/message.ts";
import { connectWire, type Dialect } from "./adapter.ts";
import { readMessages } from "./anthropic-reply.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ConnectedModel, ModelRequest } from "./model.ts";
import { replayedInput } from "./settle.ts";

/** The Messages wire: https://docs.claude.com/en/api/messages. */
const dialect: Dialect = { path: "/messages", body: messagesBody, read: readMessages };

/** Connects an endpoint that speaks Anthropic Messages. */
export const connectAnthropic = (endpoint: Endpoint, clock: Clock): Promise<ConnectedModel> =>
  connectWire(endpoint, dialect, clock);

/** A piece of a message; what may carry a cache mark. */
interface Block {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: Block[];
}

/** Up to here the provider keeps what it has read, for five minutes. */
const cacheMark = { cache_control: { type: "ephemeral" } } as const;
/** Of the four marks a request may have: one each for tools and system prompt, two for the history. */
const historyMarks = 2;

function messagesBody(request: ModelRequest, endpoint: Endpoint, streaming: boolean): Record<string, unknown> {
  // Self-hosted servers find shared beginnings by themselves.
  const mark = endpoint.selfHosted ? {} : cacheMark;
  const last = request.tools.length - 1;
  const tools = request.tools.map(({ name, about, schema }, index) => ({
    name,
    description: about,
    input_schema: schema,
    ...(index === last ? mark : {}),
  }));
  const system = request.messages.flatMap((message) =>
    message.role === "system" ? [{ type: "text", text: message.text, ...mark }] : [],
  );
  return {
    model: endpoint.model,
    max_tokens: request.maxOutputTokens,
    stream: streaming,
    ...(tools.length > 0 ? { tools } : {}),
    system,
    messages: withMarks(turnsOf(request.messages, endpoint), mark),
  };
}

/**
 * Roles must alternate, and the results of all calls of a reply come first in the message after it: neighbours of one
 * role become one message.
 */
function turnsOf(messages: readonly Message[], endpoint: Endpoint): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = blocksOf(message, endpoint);
    const open = turns.at(-1);
    if (open?.role === role) open.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

/** The last block of each of the last user messages: what is asked next begins with all of it. */
function withMarks(turns: readonly Turn[], mark: object): readonly Turn[] {
  const users = turns.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const marked = new Set(users.slice(-historyMarks));
  return turns.map((turn, index) => {
    if (!marked.has(index)) return turn;
    const lastBlock = turn.content.length - 1;
    return {
      ...turn,
      content: turn.content.map((block, at) => (at === lastBlock ? { ...block, ...mark } : block)),
    };
  });
}

function blocksOf(message: Exclude<Message, { role: "system" }>, endpoint: Endpoint): Block[] {
  switch (message.role) {
    case "user":
      return [{ type: "text", text: spoken(message.text) }];
    case "tool":
      return [
        {
          type: "tool_result",
          tool_use_id: message.callId,
          content: message.text,
          ...(message.ok ? {} : { is_error: true }),
        },
      ];
    case "assistant":
      return replyBlocks(message, endpoint);
  }
}

/** An empty text is refused. */
const spoken = (text: string): string => (text.trim() === "" ? "(no text)" : text);

/** What `anthropic-reply.ts` keeps of a reply that held thinking, in its order. */
const KeptBlock = z.union([
  z.looseObject({ type: z.enum(["thinking", "redacted_thinking"]) }),
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("call"), index: z.int() }),
]);

function replyBlocks({ reasoning, calls, text }: AssistantMessage, endpoint: Endpoint): Block[] {
  const uses = calls.map((call): Block => ({
    type: "tool_use",
    id: call.id,
    name: call.name,
    input: replayedInput(call),
  }));
  const same = reasoning?.endpoint === endpoint.name && reasoning.model === endpoint.model;
  const kept = same ? z.array(KeptBlock).safeParse(reasoning.items).data : undefined;
  const blocks =
    kept === undefined
      ? [...(text === "" ? [] : [{ type: "text", text }]), ...uses]
      : kept.flatMap((block): Block[] => {
          if (block.type !== "call") return block.type === "text" && String(block["text"]).trim() === "" ? [] : [block];
          const use = uses[Number(block["index"])];
          return use === undefined ? [] : [use];
        });
  return blocks.some(({ type }) => type === "text" || type === "tool_use")
    ? blocks
    : [...blocks, { type: "text", text: "(no text)" }];
}
