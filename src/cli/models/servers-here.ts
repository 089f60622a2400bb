import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { EndpointSettings } from "../../endpoint-settings.ts";
import { endpointFor } from "../../models/choose.ts";
import { listModels } from "../../models/list-models.ts";
import { ANY_MODEL } from "../../models/probe/probe.ts";

/** Where model servers listen by default. */
const usualPlaces: readonly (readonly [server: string, port: number])[] = [
  ["Ollama", 11434],
  ["vLLM", 8000],
  ["SGLang", 30000],
  ["llama.cpp", 8080],
  ["LM Studio", 1234],
];

/** A model server of this machine. */
export interface ServerHere {
  /** Whose usual place it is; another may listen there. */
  readonly usually: string;
  readonly baseUrl: string;
  /** At least one. */
  readonly models: readonly [string, ...string[]];
}

/** Asks the usual places of this machine what models they have, within three seconds. Only when somebody wants to know. */
export async function serversHere(config: Config): Promise<readonly ServerHere[]> {
  const asked = usualPlaces.map(async ([usually, port]): Promise<ServerHere[]> => {
    const baseUrl = `http://127.0.0.1:${port}/v1`;
    const endpoint = endpointFor(config, [usually, EndpointSettings.parse({ baseUrl })], ANY_MODEL);
    const [first, ...others] = await listModels(endpoint, systemClock).catch(() => []);
    return first === undefined ? [] : [{ usually, baseUrl, models: [first, ...others] }];
  });
  return (await Promise.all(asked)).flat();
}
