import type { Config } from "../../config.ts";
import { ClawError, UsageError } from "../../errors.ts";
import { resolveKey } from "../../models/key.ts";

const PATIENCE_MS = 30_000;

/** Posts OTLP/JSON to the collector that config.yaml names, and gives its address. A redirect is not followed. */
export async function sendTraces({ user, variable }: Config, json: string, signal: AbortSignal): Promise<string> {
  const otlp = user.audit?.otlp;
  if (!otlp) {
    throw new UsageError(
      "there is no collector to send to",
      "name one in config.yaml: audit: { otlp: { endpoint: http://localhost:4318/v1/traces } }",
    );
  }
  const token = await resolveKey(otlp.token, variable);
  const failed = (why: string, cause?: unknown): ClawError =>
    new ClawError(`${otlp.endpoint} did not take the spans: ${why}`, {
      outcome: "infrastructure",
      hint: "see that a collector listens there for OTLP over HTTP; the spans can be had as a file with --output",
      cause,
    });
  const answer = await fetch(otlp.endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: json,
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw failed((error as Error).message, error);
  });
  await answer.body?.cancel();
  if (!answer.ok) throw failed(`it answered ${answer.status}`);
  return otlp.endpoint;
}
