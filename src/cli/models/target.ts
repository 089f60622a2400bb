import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { EndpointSettings } from "../../endpoint-settings.ts";
import { UsageError } from "../../errors.ts";
import { chooseModel, endpointFor } from "../../models/choose.ts";
import type { Endpoint } from "../../models/endpoint.ts";
import { ANY_MODEL } from "../../models/probe/probe.ts";
import { nearest } from "../../text.ts";

/** Providers that have a model of their own to ask when none is named. */
const withDefaultModel: ReadonlySet<string> = new Set(["api.openai.com", "api.anthropic.com"]);

/** What to look at, as it is typed: an endpoint's name, `<endpoint>/<model>`, or an address; nothing is the default. */
export async function targetOf(
  config: Config,
  typed: string | undefined,
  model: string | undefined,
): Promise<Endpoint> {
  const endpoints = Object.entries(config.user.endpoints);
  if (typed !== undefined && /^https?:\/\//.test(typed)) return atAddress(config, typed, model);
  const [first] = endpoints;
  if (!first)
    throw new UsageError(
      "no endpoint is configured",
      "give an address, like: claw models probe http://127.0.0.1:8000/v1; or name endpoints in config.yaml",
    );
  const wanted = typed ?? config.model ?? config.user.model ?? first[0];
  const named = endpoints.find(([name]) => wanted === name || wanted.startsWith(`${name}/`));
  if (!named) {
    const names = endpoints.map(([name]) => name);
    const meant = nearest(wanted.split("/")[0] ?? wanted, names);
    throw new UsageError(
      `no endpoint is called "${wanted}"`,
      meant ? `did you mean "${meant}"?` : `there are ${names.join(", ")}; an address works too`,
    );
  }
  const own = wanted.slice(named[0].length + 1);
  const usual = [config.model, config.user.model].find((name) => name?.startsWith(`${named[0]}/`));
  const chosen = model ?? (own || usual?.slice(named[0].length + 1));
  if (chosen === undefined && withDefaultModel.has(new URL(named[1].baseUrl).hostname)) {
    const alone = { ...config.user, model: undefined, endpoints: Object.fromEntries([named]) };
    const choice = await chooseModel({ ...config, model: undefined, user: alone }, undefined, systemClock);
    if (choice.wire !== "scripted") return choice;
  }
  return endpointFor(config, named, chosen ?? ANY_MODEL);
}

/** An address that no configuration names; the key of a configured endpoint of the same origin is used, and no other. */
function atAddress(config: Config, address: string, model: string | undefined): Endpoint {
  const url = URL.parse(address);
  if (url === null || url.username !== "" || url.password !== "")
    throw new UsageError(
      "that is no address of a server",
      "give it like http://127.0.0.1:8000/v1; keys belong into config.yaml",
    );
  const known = Object.entries(config.user.endpoints).find(
    ([, { baseUrl }]) => baseUrl.replace(/\/+$/, "") === address.replace(/\/+$/, ""),
  );
  if (known) return endpointFor(config, known, model ?? ANY_MODEL);
  return endpointFor(config, [url.host, EndpointSettings.parse({ baseUrl: address })], model ?? ANY_MODEL);
}
