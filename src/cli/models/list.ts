import { z } from "zod";
import { systemClock } from "../../clock.ts";
import type { Config, EndpointConfig } from "../../config.ts";
import { allCapabilities, type Capabilities } from "../../models/capabilities.ts";
import { endpointFor } from "../../models/choose.ts";
import type { Endpoint } from "../../models/endpoint.ts";
import { pricingFor } from "../../models/price.ts";
import { inThousands } from "../../models/probe/finding.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { hasColours, type Style, styleFor } from "../style.ts";

/** One endpoint and model, as `claw models list --json` prints it. */
interface ModelRow {
  readonly endpoint: string;
  /** Null where the configuration and no probe names one. */
  readonly model: string | null;
  readonly baseUrl: string;
  readonly wire: string;
  readonly place: "local" | "cloud";
  /** Where the key is looked up, and whether there is one; null where none is configured. */
  readonly key: { readonly name: string; readonly present: boolean | null } | null;
  readonly priceKnown: boolean;
  /** The model that runs ask when none is named. */
  readonly usual: boolean;
  readonly probe: { readonly at: number; readonly window: number | null; readonly problems: readonly string[] } | null;
}

export const list = command({
  options: [["--json", "print one object per line"]],
  more: `Endpoints come from config.yaml and from the variables OPENAI_API_KEY, OPENAI_BASE_URL and the like; models from there
and from earlier probes. Nothing is sent anywhere.

Examples:
  claw models list
  claw models list --json`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const { config } = await desk.app();
    const rows = await rowsOf(config);
    if (json) return rows.forEach((row) => desk.out(JSON.stringify(row)));
    if (rows.length === 0)
      return desk.err(
        "no endpoint is configured\n  set OPENAI_API_KEY, or OPENAI_BASE_URL, or name endpoints in config.yaml",
      );
    const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
    for (const row of rows) desk.out(render(row, style));
  },
});

async function rowsOf(own: Config): Promise<readonly ModelRow[]> {
  // Also what may not be contacted is configured; nothing is contacted here.
  const config: Config = { ...own, user: { ...own.user, egress: undefined } };
  const records = await allCapabilities(config.home);
  const wanted = config.model ?? config.user.model;
  const rows = Object.entries(config.user.endpoints).map(async (named): Promise<ModelRow[]> => {
    const [name, { baseUrl }] = named;
    const known = records.filter((record) => record.baseUrl === endpointFor(config, named, "?").baseUrl);
    const usual = wanted?.startsWith(`${name}/`) ? wanted.slice(name.length + 1) : null;
    const models = [...new Set([...(usual === null ? [] : [usual]), ...known.map(({ model }) => model)])];
    return Promise.all(
      (models.length === 0 ? [null] : models).map(async (model): Promise<ModelRow> => {
        const endpoint = endpointFor(config, named, model ?? "?");
        const { ceiling } = await pricingFor(endpoint);
        return {
          endpoint: name,
          model,
          baseUrl,
          wire: endpoint.wire,
          place: endpoint.selfHosted ? "local" : "cloud",
          key: await keyOf(named[1].key, endpoint),
          priceKnown: model !== null && ceiling(1, 1, systemClock.now()) !== null,
          usual: model !== null && model === usual,
          probe: probeOf(known.find((record) => record.model === model)),
        };
      }),
    );
  });
  return (await Promise.all(rows)).flat();
}

/** A command is not run for this: it may ask a person for a password. */
async function keyOf(reference: EndpointConfig["key"], { key, keyName }: Endpoint): Promise<ModelRow["key"]> {
  if (reference === undefined || keyName === undefined) return null;
  if ("command" in reference) return { name: keyName, present: null };
  const found = await key().catch(() => undefined);
  return { name: keyName, present: found !== undefined && found !== "" };
}

const probeOf = (record: Capabilities | undefined): ModelRow["probe"] =>
  record ? { at: record.at, window: record.window.used, problems: record.problems } : null;

function render(
  { endpoint, model, baseUrl, wire, place, key, priceKnown, usual, probe }: ModelRow,
  style: Style,
): string {
  const name = `${endpoint}/${model ?? "?"}`;
  const keyed =
    key === null ? "no key" : key.present !== false ? `key from ${key.name}` : style.bad(`${key.name} is not set`);
  const priced = priceKnown ? "price known" : place === "local" ? "no price" : style.warn("price not known");
  const about = `${printable(baseUrl)}  ${wire}  ${place}  ${keyed}  ${model === null ? "" : priced}`.trimEnd();
  return `${style.strong(printable(name))}${usual ? "  (default)" : ""}\n  ${about}\n  ${probed(probe, name, style)}`;
}

function probed(probe: ModelRow["probe"], name: string, style: Style): string {
  if (!probe) return style.faint(`never probed: claw models probe ${name.replace(/\/\?$/, "")}`);
  const window = probe.window === null ? "context not known" : `context ${inThousands(probe.window)}`;
  const state =
    probe.problems.length === 0 ? style.good("no problem") : style.bad(probe.problems.map(printable).join("; "));
  return `probed ${new Date(probe.at).toISOString().slice(0, 16).replace("T", " ")}  ${window}  ${state}`;
}
