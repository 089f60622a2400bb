import { ClawError, UsageError } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import { targetWords } from "./named.ts";
import { ANY_MODEL } from "./probe.ts";
import { reach } from "./reach.ts";

/** The endpoint with its only model, where none was named. Fails where it cannot be asked, or has several. */
export async function known(endpoint: Endpoint, signal: AbortSignal): Promise<Endpoint> {
  if (endpoint.model !== ANY_MODEL) return endpoint;
  const { finding, models } = await reach(endpoint, signal);
  if (finding.level === "problem")
    throw new ClawError(finding.text, {
      outcome: "model-unavailable",
      hint: finding.remedy ?? "look into the server's log",
    });
  const [only] = models ?? [];
  if (only && models?.length === 1) return { ...endpoint, model: only.id };
  const names = (models ?? []).map(({ id }) => id).slice(0, 8);
  throw new UsageError(
    models ? `${endpoint.name} serves ${models.length} models` : `${endpoint.name} lists no models`,
    `say which: ${targetWords(endpoint, "<model>")}${names.length === 0 ? "" : `, one of ${names.join(", ")}`}`,
  );
}
