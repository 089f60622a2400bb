import { z } from "zod";
import type { Clock } from "../clock.ts";
import { checkAddress, type Endpoint } from "./endpoint.ts";
import { openLine } from "./line.ts";
import { ModelError } from "./model-error.ts";

const ModelList = z.object({ data: z.array(z.object({ id: z.string().max(500) })) });

const limitMs = 3_000;

/** Names of the models an endpoint offers (`GET /models`, within three seconds), sorted; its `model` is not looked at. Fails with ModelError, also when the answer is no list of models. */
export async function listModels(endpoint: Endpoint, clock: Clock): Promise<string[]> {
  checkAddress(endpoint.baseUrl);
  const line = openLine(endpoint, clock);
  const list = ModelList.safeParse(await line.get("/models", limitMs));
  if (!list.success) throw new ModelError("not_an_api", `${endpoint.name} sent no list of models`, { where: endpoint });
  return list.data.data.map((model) => model.id).toSorted();
}
