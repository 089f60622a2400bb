import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { EndpointConfig } from "../../endpoint-settings.ts";
import { endpointFor } from "../../models/choose.ts";
import { listModels } from "../../models/list-models.ts";
import { ANY_MODEL } from "../../models/probe/probe.ts";
import { plural } from "../../text.ts";
import { type ServerHere, serversHere } from "../models/servers-here.ts";
import { type Check, type Finding, findingOf, ok, problem, warning } from "./finding.ts";

/** Each configured endpoint: is there a key, and does it answer. Without any, the servers of this machine are looked for. */
export const models: Check = async (desk, offline) => {
  const { config } = await desk.app();
  const endpoints = Object.entries(config.user.endpoints);
  if (endpoints.length > 0) return Promise.all(endpoints.map((named) => answers(config, named, offline)));
  const found = offline ? [] : await serversHere(config);
  if (found.length > 0) return found.map(unused);
  return [
    warning(
      "model",
      "none is configured: claw fix only tries small changes (the search engine)",
      "set OPENAI_API_KEY or ANTHROPIC_API_KEY, or OPENAI_BASE_URL for a server of your own",
    ),
  ];
};

async function answers(config: Config, named: readonly [string, EndpointConfig], offline: boolean): Promise<Finding> {
  const check = `model ${named[0]}`;
  try {
    const endpoint = endpointFor(config, [...named], ANY_MODEL);
    const missing = keyMissing(config, named[1].key);
    if (missing !== null) return problem(check, `${missing} is not set`, `export ${missing}=…`, "model-unavailable");
    if (offline) return ok(check, `${endpoint.baseUrl} (not asked: --offline)`);
    const count = (await listModels(endpoint, systemClock)).length;
    return ok(
      check,
      `${endpoint.baseUrl} answers: ${plural(count, "model")}; tried out by: claw models probe ${named[0]}`,
    );
  } catch (error) {
    return findingOf(check, error);
  }
}

const keyMissing = (config: Config, key: EndpointConfig["key"]): string | null =>
  key && "env" in key && config.variable(key.env) === undefined ? key.env : null;

const unused = ({ usually, baseUrl, models: [first, ...others] }: ServerHere): Finding =>
  warning(
    "model",
    `a server answers at ${baseUrl} (${usually}'s usual place) with ${first}${others.length > 0 ? ` and ${others.length} more` : ""}, and is not configured`,
    `for good: claw init; for once: OPENAI_BASE_URL=${baseUrl} claw fix … --model ${first}`,
  );
