import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { ApiSettings } from "./api-settings.ts";
import { type ActionsFacts, actionsFrom } from "./actions-facts.ts";
import { BudgetsInDollars } from "./budgets.ts";
import { BurstSettings } from "./burst-settings.ts";
import { type EndpointConfig, EndpointSettings, HttpUrl, Price } from "./endpoint-settings.ts";
import { UsageError } from "./errors.ts";
import { FleetSettings } from "./fleet-settings.ts";
import { ForgeSettings } from "./forge-settings.ts";
import { KeyReference, variablesNamed } from "./key-reference.ts";
import { NetworkSettings, SandboxSettings } from "./reach-settings.ts";
import { NotifySettings } from "./notify-settings.ts";
import { isOwnNetwork } from "./own-network.ts";
import { StoreSettings } from "./store-settings.ts";
import { readStrictYaml } from "./strict-yaml.ts";
import { WebhookSettings } from "./webhook-settings.ts";
import { WorkSettings } from "./work-settings.ts";

/** The user's config.yaml: endpoints, credentials by reference, budgets. */
export const UserConfig = z.strictObject({
  model: z.string().optional().meta({ description: "Default model, as <endpoint>/<model>." }),
  models: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "Models from cheap to strong, as <endpoint>/<model>: the next is tried when a proof fails." }),
  endpoints: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), EndpointSettings).default({}),
  egress: z.enum(["any", "local-only"]).optional().meta({
    description: "local-only: no model server outside this machine and its network is ever contacted.",
  }),
  prices: z.record(z.string().min(1), Price).default({}).meta({
    description:
      "Your own prices by model, or by <endpoint>/<model>, in US dollars per million tokens; they win over every other.",
  }),
  burst: BurstSettings.optional(),
  forge: ForgeSettings,
  budget: z
    .strictObject({
      usd: z
        .number()
        .positive()
        .optional()
        .meta({ description: "Most money for one run, in US dollars (default 2). The same as budgets.run." }),
      turns: z.int().min(1).optional().meta({
        description: "Most replies of the model in one run (default 100; in a session with a person 1000).",
      }),
      tokens: z.int().min(1).optional().meta({
        description:
          "Most tokens for one run (default 5,000,000). Given here it is also what limits a model whose price is not known.",
      }),
      minutes: z.number().positive().default(60),
    })
    .prefault({}),
  approval: z
    .strictObject({
      days: z
        .number()
        .positive()
        .max(365)
        .default(7)
        .meta({ description: "How long a run waits for a person's decision, and how long an approval holds." }),
    })
    .prefault({}),
  budgets: BudgetsInDollars.prefault({}).meta({
    description: "Most money in US dollars, shared by every claw process on one ledger; reserved before each request.",
  }),
  store: StoreSettings,
  work: WorkSettings,
  fleet: FleetSettings,
  sandbox: SandboxSettings,
  network: NetworkSettings,
  notify: NotifySettings,
  api: ApiSettings,
  webhook: WebhookSettings,
  audit: z
    .strictObject({
      signingKey: KeyReference.optional().meta({
        description: "An ed25519 private key in PEM: claw audit export signs with it.",
      }),
      otlp: z
        .strictObject({
          endpoint: HttpUrl.meta({ description: "Address of a collector, such as http://localhost:4318/v1/traces." }),
          token: KeyReference.optional().meta({ description: "Sent as a bearer token." }),
        })
        .optional(),
    })
    .optional(),
});
export type UserConfig = z.infer<typeof UserConfig>;

/** The JSON Schema that is published as schema/config.schema.json. */
export const userConfigSchema = (): unknown => z.toJSONSchema(UserConfig, { io: "input", target: "draft-2020-12" });

/** Everything claw takes from the machine it runs on. */
export interface Config {
  /** The user's config.yaml, whether it is there or not. */
  readonly file: string;
  /** Ledger, workspaces and reports. Never inside a repository. */
  readonly home: string;
  readonly user: UserConfig;
  /** Database named by CLAW_STORE; --store wins over it, it wins over config.yaml. May hold a password. */
  readonly store: string | undefined;
  /** Model named by CLAW_MODEL; flags win over it, it wins over config.yaml. */
  readonly model: string | undefined;
  readonly path: string;
  /** Directories of sandbox policies, the user's own first. */
  readonly policies: readonly string[];
  readonly userHome: string;
  /** A file of further certificates that the user's tools trust, as NODE_EXTRA_CA_CERTS or SSL_CERT_FILE names it. */
  readonly certificates: string | undefined;
  /** The variables every network tool knows, where any is set: lower case wins, as it does for curl. */
  readonly proxy: ProxyVariables | undefined;
  readonly initiator: string;
  readonly ci: boolean;
  /** What GitHub Actions tells a step: where its summary goes, and the branch a pull request is to go into. */
  readonly actions: ActionsFacts | undefined;
  /** A terminal that cannot move its cursor: it gets lines. */
  readonly dumbTerminal: boolean;
  readonly colour: "auto" | "never" | "always";
  /** Reads a variable by the name a credential reference gives. Values are never kept. */
  readonly variable: (name: string) => string | undefined;
  /** The environment that this process was begun with, credentials included: only for claw itself in its place. */
  readonly begunWith: () => Environment;
}

/** Proxies by the scheme of what is asked for, and the hosts that are asked directly. May hold a password. */
export interface ProxyVariables extends Readonly<Record<string, string | undefined>> {
  readonly HTTP_PROXY?: string;
  readonly HTTPS_PROXY?: string;
  readonly NO_PROXY?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Precedence, lowest first: defaults, config.yaml, environment; flags are applied by each command. */
export function loadConfig(environment: Environment = process.env): Config {
  const userHome = environment["HOME"] || homedir();
  const configDir = join(environment["XDG_CONFIG_HOME"] || join(userHome, ".config"), "claw");
  const configFile = join(configDir, "config.yaml");
  const user = withWellKnown(readUserConfig(configFile), environment);
  const credentials = takeCredentials(environment, user);
  return {
    file: configFile,
    home: resolve(
      environment["CLAW_HOME"] || join(environment["XDG_STATE_HOME"] || join(userHome, ".local", "state"), "claw"),
    ),
    user,
    store: credentials.get("CLAW_STORE"),
    model: environment["CLAW_MODEL"] || undefined,
    policies: [join(configDir, "sandboxes"), "/etc/claw/sandboxes"],
    path: environment["PATH"] || "/usr/local/bin:/usr/bin:/bin",
    userHome,
    certificates: environment["NODE_EXTRA_CA_CERTS"] || environment["SSL_CERT_FILE"] || undefined,
    proxy: proxyFrom(environment),
    initiator: environment["USER"] || environment["LOGNAME"] || accountName(),
    ci: isOn(environment["CI"]),
    actions: isOn(environment["GITHUB_ACTIONS"]) ? actionsFrom(environment) : undefined,
    dumbTerminal: environment["TERM"] === "dumb",
    colour: colourFrom(environment),
    variable: (name) => credentials.get(name) ?? (environment[name] || undefined),
    begunWith: () => ({ ...environment, ...Object.fromEntries(credentials) }),
  };
}

/** The account's name where no variable tells it, as in most containers; "unknown" for a user id without an account. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

const wellKnownCredentials = [
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "GITHUB_TOKEN",
  "GH_TOKEN",
  "CLAW_STORE",
  "PGPASSWORD",
];

/** Credentials leave the process's environment, which every program that claw starts could inherit, for its memory. */
function takeCredentials(environment: Environment, user: UserConfig): ReadonlyMap<string, string> {
  const names = [...new Set([...wellKnownCredentials, ...variablesNamed(user)])];
  const kept = names.flatMap((name) => (environment[name] ? [[name, environment[name]] as const] : []));
  if (environment === process.env) for (const name of names) delete process.env[name];
  return new Map(kept);
}

function proxyFrom(environment: Environment): ProxyVariables | undefined {
  const all = environment["all_proxy"] || environment["ALL_PROXY"];
  const http = environment["http_proxy"] || environment["HTTP_PROXY"] || all;
  const https = environment["https_proxy"] || environment["HTTPS_PROXY"] || all;
  const none = environment["no_proxy"] || environment["NO_PROXY"];
  if (!http && !https) return undefined;
  return {
    ...(http && { HTTP_PROXY: http }),
    ...(https && { HTTPS_PROXY: https }),
    ...(none && { NO_PROXY: none }),
  };
}

const isOn = (value: string | undefined): boolean => value !== undefined && !["", "0", "false"].includes(value);

function colourFrom(environment: Environment): Config["colour"] {
  if (environment["NO_COLOR"]) return "never";
  if (!environment["FORCE_COLOR"]) return "auto";
  return isOn(environment["FORCE_COLOR"]) ? "always" : "never";
}

function readUserConfig(file: string): UserConfig {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, "mend its permissions", error);
    }
    return UserConfig.parse({});
  }
  return readStrictYaml(text, { file, schema: UserConfig, published: userConfigSchema });
}

/** What these providers' own variables name works without a file; a configured endpoint of the same name wins. */
function withWellKnown(user: UserConfig, environment: Environment): UserConfig {
  const openai = wellKnown("OPENAI", environment, (baseUrl) => ({
    baseUrl: baseUrl ?? "https://api.openai.com/v1",
    wire: baseUrl && !/^https:\/\/([a-z0-9-]+\.)?api\.openai\.com\//.test(`${baseUrl}/`) ? "chat" : "responses",
    ...(needsKey("OPENAI", environment, baseUrl) && { key: { env: "OPENAI_API_KEY" } }),
  }));
  const anthropic = wellKnown("ANTHROPIC", environment, (baseUrl) => ({
    baseUrl: baseUrl ?? "https://api.anthropic.com/v1",
    wire: "anthropic",
    ...(needsKey("ANTHROPIC", environment, baseUrl) && { key: { env: "ANTHROPIC_API_KEY" } }),
  }));
  return { ...user, endpoints: { ...openai, ...anthropic, ...user.endpoints } };
}

/** A server on one's own network that is named without a key has none. */
const needsKey = (name: "OPENAI" | "ANTHROPIC", environment: Environment, baseUrl: string | undefined): boolean =>
  baseUrl === undefined || Boolean(environment[`${name}_API_KEY`]) || !isOwnNetwork(new URL(baseUrl).hostname);

/** <NAME>_API_KEY, <NAME>_BASE_URL or both make an endpoint. */
function wellKnown(
  name: "OPENAI" | "ANTHROPIC",
  environment: Environment,
  endpoint: (baseUrl: string | undefined) => EndpointConfig,
): UserConfig["endpoints"] {
  const baseUrl = environment[`${name}_BASE_URL`] || undefined;
  if (baseUrl === undefined && !environment[`${name}_API_KEY`]) return {};
  if (baseUrl !== undefined && !HttpUrl.safeParse(baseUrl).success) {
    throw new UsageError(`${name}_BASE_URL is no http address: ${baseUrl}`, "give it like http://127.0.0.1:8080/v1");
  }
  return { [name.toLowerCase()]: endpoint(baseUrl) };
}
