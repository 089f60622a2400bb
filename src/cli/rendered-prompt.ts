import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Message } from "../ledger/message.ts";
import { readBody, readMessage } from "../ledger/read-body.ts";
import { type ModelRequest, requestsOf } from "../views/requests.ts";

/** A request as it was sent: what its bodies say. */
export interface RenderedPrompt extends Omit<ModelRequest, "messages" | "tools"> {
  readonly messages: readonly Message[];
  readonly tools: unknown;
}

/** The request that `2` or `patch:2` names: the turn, and its session where several have that turn. */
export function findRequest(events: readonly Recorded[], which: string): ModelRequest {
  const [, session, turn] = /^(?:(.+):)?(\d+)$/.exec(which) ?? [];
  const requests = requestsOf(events);
  const found = requests.filter(
    (one) => String(one.turn) === turn && (session === undefined || one.session === session),
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  const known = [...new Set(requests.map((one) => one.session))].map(
    (name) => `${name}:1 to ${name}:${requests.findLast((one) => one.session === name)?.turn}`,
  );
  throw new UsageError(
    only
      ? `several sessions have a turn ${turn}: ${found.map((one) => `${one.session}:${one.turn}`).join(", ")}`
      : `no request is called ${JSON.stringify(which)} in this run`,
    known.length > 0 ? `there are ${known.join(", ")}` : "no model was asked in it",
  );
}

/** Reads the bodies of a request. */
export async function readPrompt(
  ledger: Ledger,
  { messages, tools, ...request }: ModelRequest,
): Promise<RenderedPrompt> {
  return {
    ...request,
    messages: await Promise.all(messages.map(async (sha) => readMessage(await ledger.text(sha)))),
    tools: tools === null ? [] : readBody(await ledger.text(tools), z.unknown(), "a list of tools"),
  };
}

/** The whole request as text: tools first, then the messages in order. */
export const promptText = ({ messages, tools }: RenderedPrompt): string =>
  [`── tools\n${JSON.stringify(tools, null, 1)}`, ...messages.map(messageText)].join("\n\n");

function messageText(message: Message): string {
  switch (message.role) {
    case "system":
      return `── system\n${message.text}`;
    case "user":
      return `── user (${message.origin})\n${message.text}`;
    case "tool":
      return `── answer of ${message.name} (${message.ok ? "ok" : "failed"})\n${message.text}`;
    case "assistant":
      return [
        "── model",
        ...(message.text === "" ? [] : [message.text]),
        ...message.calls.map(({ name, args }) => `→ ${name} ${JSON.stringify(args)}`),
      ].join("\n");
  }
}
