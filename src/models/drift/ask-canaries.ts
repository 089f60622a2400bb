import type { Clock } from "../../clock.ts";
import { connectModel } from "../connect.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Reply } from "../model.ts";
import { words } from "../probe/bench.ts";
import { serverFacts, templateHash } from "../probe/facts.ts";
import { note } from "../probe/tools.ts";
import { canarySet, isRight } from "./canary-set.ts";
import type { CanaryResult } from "./standing.ts";

/** Questions that are asked at once. */
const AT_ONCE = 2;
/** Room for models that think before they answer. */
const ANSWER_TOKENS = 2_000;

/** What a server of one's own says about its version and templates, as one short text; empty where it says nothing. */
export async function serverMark(endpoint: Endpoint, signal: AbortSignal): Promise<string> {
  if (!endpoint.selfHosted) return "";
  const facts = await serverFacts(endpoint, [], signal);
  return [facts.version ?? "", templateHash(facts)?.slice(0, 12) ?? ""].join(" ").trim();
}

/** Asks the canary questions. Fails with ModelError when one of them gets no answer at all: that says nothing about the rest. */
export async function askCanaries(
  endpoint: Endpoint,
  {
    clock,
    signal,
    onAnswer,
  }: { clock: Clock; signal: AbortSignal; onAnswer?: (index: number, right: boolean) => void },
): Promise<CanaryResult> {
  const model = await connectModel(endpoint, clock);
  const stop = new AbortController();
  const any = AbortSignal.any([signal, stop.signal]);
  const maxOutputTokens = Math.min(ANSWER_TOKENS, model.info.maxOutputTokens);
  const asked = { session: "canary", maxOutputTokens, cacheKey: "claw:canary" };
  let installation = "";
  let passed = 0;
  const waiting = canarySet.map((question, index) => ({ question, index }));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { question, index } = next;
      const request = { ...asked, messages: words(question.text), tools: question.call ? [note] : [] };
      const reply: Reply = await model.ask(request, any);
      installation ||= [reply.servedModel, reply.heard?.fingerprint ?? ""].join(" ").trim();
      const right = isRight(question, reply);
      if (right) passed += 1;
      onAnswer?.(index, right);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    stop.abort();
  }
  return { of: canarySet.length, passed, installation, server: await serverMark(endpoint, signal) };
}
