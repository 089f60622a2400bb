import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { UsageError } from "../errors.ts";
import type { ScriptedSession } from "./endpoint.ts";
import type { ConnectedModel, Model } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { free } from "./price.ts";
import { repairCall } from "./repair.ts";
import { recordedCall } from "./settle.ts";

const ScriptedReply = z.strictObject({
  text: z.string().default(""),
  calls: z.array(z.strictObject({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()) })).default([]),
});

/** A file of recorded replies, by kind of session, in the order they are given. */
export const Script = z.strictObject({
  /** Where the replies come from, for people. */
  note: z.string(),
  sessions: z.record(z.string().min(1), z.array(ScriptedReply)),
});
export type Script = z.infer<typeof Script>;

/**
 * A model that answers from a file. It keeps no state: the next reply is the one whose number is the count of replies
 * already in the request, so a resumed session goes on where it stopped.
 */
export async function connectScripted({ file }: ScriptedSession, clock: Clock): Promise<ConnectedModel> {
  const script = await readScript(file);
  const info = {
    endpoint: "scripted",
    model: file,
    wire: "scripted" as const,
    selfHosted: true,
    label: `scripted:${file} (recorded replies, no model)`,
    maxOutputTokens: 8_000,
  };
  return { info, ask: answerFrom(script, file, clock), ...free };
}

async function readScript(file: string): Promise<Script> {
  const hint = "a recorded session is a JSON file: { note, sessions: { <kind>: [{ text, calls }] } }";
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new UsageError(
      `cannot read the recorded session ${file}: ${error instanceof Error ? error.message : "unreadable"}`,
      hint,
      error,
    );
  }
  const parsed = Script.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(
    `${file}: ${issue?.path.map(String).join(".") || "(top)"}: ${issue?.message ?? "invalid"}`,
    hint,
  );
}

/** Bytes per token of a recorded session, so that limits have something to count. */
const bytesPerToken = 4;

function answerFrom(script: Script, file: string, clock: Clock): Model {
  return async (request, signal, onDelta) => {
    const where = { name: "scripted", baseUrl: file, model: file };
    if (signal.aborted) throw new ModelError("aborted", "the request was cancelled", { where, cause: signal.reason });
    const index = request.messages.filter((message) => message.role === "assistant").length;
    const replies = script.sessions[request.session] ?? [];
    const reply = replies[index];
    if (reply === undefined) {
      const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
      throw new ModelError(
        "script_exhausted",
        `${file} has ${count} for a ${request.session} session; number ${index + 1} was asked for`,
        { where },
      );
    }
    const before = request.messages.reduce(
      (sum, message) => sum + (message.role === "assistant" ? message.calls.length : 0),
      0,
    );
    const calls = reply.calls.map(({ name, arguments: args }, position) =>
      recordedCall(`c${before + position + 1}`, repairCall({ name, args }, request.tools, { truncated: false })),
    );
    if (reply.text !== "") onDelta?.({ kind: "text", text: reply.text });
    const now = clock.now();
    const tokens = (value: unknown) => Math.ceil(Buffer.byteLength(JSON.stringify(value)) / bytesPerToken);
    return {
      message: { role: "assistant", text: reply.text, calls },
      stop: calls.length > 0 ? "calls" : "end",
      usage: {
        inputUncached: tokens(request.messages),
        inputCacheRead: 0,
        inputCacheWrite: 0,
        outputVisible: tokens(reply),
        outputReasoning: 0,
        source: "estimated",
      },
      servedModel: file,
      servedTier: null,
      requestId: null,
      firstByteMs: 0,
      ms: clock.now() - now,
    };
  };
}
