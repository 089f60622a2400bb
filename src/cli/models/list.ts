import { z } from "zod";
import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { EndpointConfig } from "../../endpoint-settings.ts";
import { allCapabilities, type Capabilities } from "../../models/capabilities.ts";
import { endpointFor } from "../../models/choose.ts";
import type { Endpoint } from "../../models/endpoint.ts";
import { canariesDue, knownModels, type Standing, standingOf } from "../../models/drift/standing.ts";
import { pricingFor } from "../../models/price.ts";
import { inThousands } from "../../models/probe/finding.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { money, plural, printable } from "../../text.ts";
import { dayAndTime, type Times } from "../../times.ts";
import { type Attempt, chanceOf, ranked } from "../../views/tiers.ts";
import { readAttempts, repositoryAt } from "../attempts.ts";
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
  /** What fixes of this installation say about it; null without any. Chances are for the repository around. */
  readonly fixes: Fixes | null;
  readonly drift: Pick<Standing, "runs" | "quarantine" | "canaries"> & { readonly canariesDue: string | null };
}

interface Fixes {
  readonly tried: number;
  readonly proven: number;
  /** Nano-dollars for one, on average; null where it is not known. */
  readonly cost: number | null;
  /** By kind of work: how likely a fix is proven here. */
  readonly chances: Readonly<Record<(typeof kinds)[number], number>>;
}

const kinds = ["bug", "feature", "deps", "docs"] as const;

export const list = command({
  options: [["--json", "print one object per line"]],
  more: `Endpoints come from config.yaml and from the variables OPENAI_API_KEY, OPENAI_BASE_URL and the like; models from there
and from earlier probes. With each stands what runs here say about it: how many fixes were proven, the chance of the next one in
this repository by kind of work, and whether its figures drifted away from what was usual. Nothing is sent anywhere.

Examples:
  claw models list
  claw models list --json`,
  times: true,
  working: "reading the ledger",
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const app = await desk.app();
    const { config } = app;
    const book = await app.ledger();
    const rows = await rowsOf(config, { book, attempts: await readAttempts(book), cwd: desk.cwd });
    if (json) return rows.forEach((row) => desk.out(JSON.stringify(row)));
    if (rows.length === 0)
      return desk.err(
        "no endpoint is configured\n  set OPENAI_API_KEY, or OPENAI_BASE_URL, or name endpoints in config.yaml",
      );
    const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
    for (const row of rows) desk.out(render(row, style, desk.times));
  },
});

interface Past {
  readonly book: Ledger;
  readonly attempts: readonly Attempt[];
  readonly cwd: string;
}

async function rowsOf(own: Config, past: Past): Promise<readonly ModelRow[]> {
  // Also what may not be contacted is configured; nothing is contacted here.
  const config: Config = { ...own, user: { ...own.user, egress: undefined } };
  const records = await allCapabilities(config.home);
  const wanted = config.model ?? config.user.model;
  const watched = await knownModels(past.book.change);
  const rows = Object.entries(config.user.endpoints).map(async (named): Promise<ModelRow[]> => {
    const [name, { baseUrl }] = named;
    const known = records.filter((record) => record.baseUrl === endpointFor(config, named, "?").baseUrl);
    const usual = wanted?.startsWith(`${name}/`) ? wanted.slice(name.length + 1) : null;
    const used = [...(config.user.models ?? []), ...past.attempts.map(({ model }) => model), ...watched];
    const ours = used.filter((label) => label.startsWith(`${name}/`)).map((label) => label.slice(name.length + 1));
    const models = [...new Set([...(usual === null ? [] : [usual]), ...known.map(({ model }) => model), ...ours])];
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
          fixes: fixesOf(`${name}/${model}`, past),
          drift: await driftOf(`${name}/${model}`, past),
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

function fixesOf(model: string, { attempts, cwd }: Past): Fixes | null {
  const { runs, solved, cost } = ranked(model, attempts);
  const repository = repositoryAt(cwd, attempts);
  const chances = kinds.map((kind) => [kind, chanceOf(model, attempts, { repository, kind })] as const);
  return runs === 0
    ? null
    : { tried: runs, proven: solved, cost, chances: Object.fromEntries(chances) as Fixes["chances"] };
}

async function driftOf(model: string, { book }: Past): Promise<ModelRow["drift"]> {
  const standing = await standingOf(book.change, model);
  const { runs, quarantine, canaries } = standing;
  return { runs, quarantine, canaries, canariesDue: canariesDue(standing, systemClock.now(), null) };
}

/** What is worth a line: how fixes went, and what is wrong with it. */
function pastLines({ endpoint, model, fixes, drift }: ModelRow, style: Style): readonly string[] {
  const { quarantine, canaries, canariesDue: due } = drift;
  const chances = fixes && kinds.map((kind) => `${kind} ${Math.round(100 * fixes.chances[kind])} %`).join(", ");
  const each = fixes && fixes.cost !== null ? `, ${money(fixes.cost)} each` : "";
  return [
    ...(fixes ? [`${fixes.proven} of ${plural(fixes.tried, "attempt")} proven${each}; chance here: ${chances}`] : []),
    ...(canaries
      ? [`canary questions: ${canaries.last} of ${canaries.of} right${due === null ? "" : style.warn(`, ${due}`)}`]
      : []),
    ...(quarantine
      ? [`${style.bad("in quarantine")}: ${printable(quarantine.why)}`, `  → claw models lift ${endpoint}/${model}`]
      : []),
  ].map((line) => `\n  ${line}`);
}

function render(row: ModelRow, style: Style, times: Times): string {
  const { endpoint, model, baseUrl, wire, place, key, priceKnown, usual, probe } = row;
  const name = `${endpoint}/${model ?? "?"}`;
  const keyed =
    key === null ? "no key" : key.present !== false ? `key from ${key.name}` : style.bad(`${key.name} is not set`);
  const priced = priceKnown ? "price known" : place === "local" ? "no price" : style.warn("price not known");
  const about = `${printable(baseUrl)}  ${wire}  ${place}  ${keyed}  ${model === null ? "" : priced}`.trimEnd();
  return `${style.strong(printable(name))}${usual ? "  (default)" : ""}\n  ${about}\n  ${probed(probe, name, { style, times })}${pastLines(row, style).join("")}`;
}

function probed(
  probe: ModelRow["probe"],
  name: string,
  { style, times }: { readonly style: Style; readonly times: Times },
): string {
  if (!probe) return style.faint(`never probed: claw models probe ${name.replace(/\/\?$/, "")}`);
  const window = probe.window === null ? "context not known" : `context ${inThousands(probe.window)}`;
  const state =
    probe.problems.length === 0 ? style.good("no problem") : style.bad(probe.problems.map(printable).join("; "));
  return `probed ${dayAndTime(probe.at, times)}  ${window}  ${state}`;
}
