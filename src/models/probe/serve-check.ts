import type { Endpoint } from "../endpoint.ts";
import { adviceFor } from "./advice.ts";
import { type ServerFacts, serverFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { reach } from "./reach.ts";
import { ANY_MODEL } from "./probe.ts";

/** Looks at how a server is set up, from its own pages alone: no model is asked anything. `facts` is null when it cannot be reached. */
export async function serveCheck(
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<{ readonly findings: readonly Finding[]; readonly facts: ServerFacts | null }> {
  const { finding, models } = await reach(endpoint, signal);
  if (finding.level === "problem") return { findings: [finding], facts: null };
  const model = endpoint.model === ANY_MODEL ? (models?.[0]?.id ?? endpoint.model) : endpoint.model;
  const facts = await serverFacts({ ...endpoint, model }, models ?? [], signal);
  return { findings: [finding, ...adviceFor(facts, { model })], facts };
}
