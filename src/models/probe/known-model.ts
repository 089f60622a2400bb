import { UsageError } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import { readModelList } from "./facts.ts";
import { look } from "./look.ts";
import { ANY_MODEL } from "./probe.ts";

const LIMIT_MS = 3_000;

/** The endpoint with its only model, where none was named. Fails with ModelError when it cannot be asked. */
export async function known(endpoint: Endpoint, signal: AbortSignal): Promise<Endpoint> {
  if (endpoint.model !== ANY_MODEL) return endpoint;
  const { json } = await look(endpoint, { path: "/models", limitMs: LIMIT_MS, signal });
  const models = readModelList(json)?.map(({ id }) => id) ?? [];
  const [only] = models;
  if (only !== undefined && models.length === 1) return { ...endpoint, model: only };
  throw new UsageError(
    models.length === 0 ? `${endpoint.name} lists no models` : `${endpoint.name} serves ${models.length} models`,
    `say which: ${endpoint.name}/<model>${models.length === 0 ? "" : `, one of ${models.slice(0, 8).join(", ")}`}`,
  );
}
