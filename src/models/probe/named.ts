import type { Endpoint } from "../endpoint.ts";

type Named = Pick<Endpoint, "name" | "baseUrl">;

/** Is it one of config.yaml, and not an address that was typed? Names there have neither dots nor colons. */
const isConfigured = ({ name }: Named): boolean => /^[a-z][a-z0-9-]*$/.test(name);

/** Where a setting of an endpoint goes: "endpoints.local.key". */
export const settingOf = (endpoint: Named, setting: string): string =>
  isConfigured(endpoint) ? `endpoints.${endpoint.name}.${setting}` : `endpoints.<name>.${setting}, beside its baseUrl,`;

/** How a command names an endpoint and a model of it. */
export const targetWords = (endpoint: Named, model: string): string =>
  isConfigured(endpoint) ? `${endpoint.name}/${model}` : `${endpoint.baseUrl} --model ${model}`;

/** How a fix is started with it. */
export const fixCommand = (endpoint: Named, model: string): string =>
  isConfigured(endpoint)
    ? `claw fix ISSUE.md --model ${endpoint.name}/${model}`
    : `OPENAI_BASE_URL=${endpoint.baseUrl} claw fix ISSUE.md --model ${model}`;
