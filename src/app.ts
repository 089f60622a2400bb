import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "./clock.ts";
import { type Config, loadConfig } from "./config.ts";
import type { ForgeHost } from "./forge-settings.ts";
import type { Credential } from "./forge/credential.ts";
import type { Answers } from "./forge/github/answers.ts";
import type { Forge, Place } from "./forge/forge.ts";
import { variablesNamed } from "./key-reference.ts";
import { type Ledger, openLedger } from "./ledger/ledger.ts";
import { budgetsOf } from "./policy/budgets.ts";
import { type SecretBook, secretBook } from "./policy/secret-book.ts";
import type { OnEgress, SandboxPolicy } from "./sandbox/sandbox.ts";
import { containersOf } from "./reach-settings.ts";
import type { Signing } from "./repo/sign.ts";
import { openConfigured } from "./store/open.ts";
import type { MayContact } from "./models/choose.ts";
import type { Endpoint } from "./models/endpoint.ts";
import type { FirstUse } from "./models/known.ts";
import type { ConnectedModel } from "./models/model.ts";
import type { Channel } from "./notify/notice.ts";
import type { Notices } from "./workflows/notices.ts";
import type { FinishedRun, House, StartRequest, Waiver, Watch } from "./workflows/start.ts";

/** Everything the faces may use. Parts that cost start-up time are loaded when first asked for. */
export interface App {
  readonly version: string;
  readonly config: Config;
  ledger(): Promise<Ledger>;
  /** Is the ledger in a database, and not in a file below the home? */
  readonly inDatabase: boolean;
  /** Takes secrets out of what people and logs will see. */
  readonly secrets: Pick<SecretBook, "scrub" | "scrubValues" | "learn">;
  /** The forge of a place, with the token the configuration names. `onWait` is told before a rate limit is waited out. */
  forge(place: Place, options: ForgeCall): Promise<Forge>;
  /** For work in the repository around `cwd`; refuses a home that lies inside it. */
  house(cwd: string): Promise<House>;
  start(request: StartRequest): Promise<FinishedRun>;
  resume(run: string, watch: Watch, waiver?: Waiver): Promise<FinishedRun>;
  /** Ways to reach people that the configuration names; this desktop where it names none. */
  channels(): Promise<readonly Channel[]>;
  close(): Promise<void>;
}

export interface ForgeCall {
  readonly signal: AbortSignal;
  readonly onWait?: (seconds: number) => void;
  /** Told when the repository is found under another name. */
  readonly onMoved?: (from: string, to: string) => void;
  /** The longest wait for a rate limit, where that is less than usual, in milliseconds. */
  readonly patienceMs?: number;
}

/** The longest wait for a forge's rate limit: they are renewed every hour. */
const FORGE_PATIENCE_MS = 65 * 60_000;

/**
 * The only place that chooses implementations. `progress` is told what takes time before a run begins, and ends it. `store`:
 * the database that --store named.
 */
export function openApp(version: string, progress: FirstUse, store?: string, config: Config = loadConfig()): App {
  let opened: Promise<Ledger> | undefined;
  const secrets = secretBook(knownSecrets(config));
  const ledger = (): Promise<Ledger> => (opened ??= open(config, secrets, store));
  const forge = forgesOf(config, secrets, version);
  const house = async (cwd: string | null, waiver?: Waiver): Promise<House> => ({
    version,
    home: config.home,
    path: config.path,
    userHome: config.userHome,
    initiator: config.initiator,
    here: (repository) => config.user.fleet.repositories[repository] ?? repository,
    waitMs: config.user.approval.days * 24 * 3_600_000,
    clock: systemClock,
    budgets: budgetsOf(config.user.budgets),
    ledger: await (cwd === null ? ledger() : outside(config, cwd).then(ledger)),
    connect: async (choice, mayContact) =>
      connectModel(config, choice, { secrets, progress, ledger: await ledger(), ...(mayContact && { mayContact }) }),
    learn: async (events) => (await import("./models/drift/settled.ts")).learnFrom(events, await ledger(), systemClock),
    authority: config.user.forge,
    signing: await signingOf(config),
    notices: (wanted) => noticesOf(config, secrets, wanted),
    forge,
    children: async (place) => (await import("./cli/flow/children.ts")).childrenOf(app, place),
    network: {
      hosts: config.user.network.hosts,
      install: config.user.network.install ?? null,
      tools: config.user.network.tools,
      shows: config.user.sandbox.show,
    },
    labels: config.user.work.labels,
    policies: { directories: config.policies, variable: config.variable },
    openSandbox: async (policy, onEgress?: OnEgress) => {
      const { openSandbox, openWithoutSandbox } = await import("./sandbox/open.ts");
      const { path, userHome, home, user } = config;
      const own = { path, home: userHome, stateDir: join(home, "sandbox"), privateHosts: user.network.private };
      const host = { ...own, ...containersOf(user.sandbox) };
      if (waiver) return openWithoutSandbox(policy, own);
      return openSandbox(withCertificates(policy, config.certificates), host, onEgress);
    },
  });
  const app: App = {
    version,
    config,
    ledger,
    inDatabase: (store ?? config.store ?? config.user.store) !== undefined,
    secrets,
    house: (cwd) => house(cwd),
    forge,
    start: async (request) =>
      (await import("./fleet/start-task.ts")).startTask(await house(request.cwd, request.waiver), request),
    resume: async (run, watch, waiver) =>
      (await import("./workflows/resume.ts")).resumeRun(await house(null, waiver), run, watch, waiver),
    channels: () => channelsHere(config, secrets),
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
  return app;
}

/** The model that is asked for, with what is known of it, behind the breaker and the places that all processes share. */
async function connectModel(
  config: Config,
  choice: string | undefined,
  {
    secrets,
    ledger,
    mayContact,
    progress,
  }: {
    readonly secrets: SecretBook;
    readonly ledger: Ledger;
    readonly mayContact?: MayContact;
    readonly progress: FirstUse;
  },
): Promise<ConnectedModel> {
  const { connectForRun } = await import("./models/for-run.ts");
  const learn = (endpoint: Endpoint): Promise<Endpoint> => learning(endpoint, secrets);
  return connectForRun(config, choice, {
    change: ledger.change,
    clock: systemClock,
    learn,
    firstUse: progress,
    ...(mayContact && { mayContact }),
  });
}

/** Nothing is written before this is known: not even the ledger's file. */
const outside = async ({ home }: Config, cwd: string): Promise<void> =>
  (await import("./repo/layout.ts")).refuseInside(home, cwd);

async function open(config: Config, secrets: SecretBook, named: string | undefined): Promise<Ledger> {
  const referred = config.user.store?.postgres;
  const where = {
    named,
    inEnvironment: config.store,
    ...(referred && {
      referred: async () => (await import("./models/key.ts")).resolveKey(referred, config.variable),
    }),
    file: join(config.home, "ledger.sqlite"),
    usualPassword: config.variable("PGPASSWORD"),
    onPassword: (password: string) => secrets.learn("the database's password", password),
  };
  const [store] = await Promise.all([openConfigured(where), learnFiles(config, secrets)]);
  return openLedger({ store, clock: systemClock, scrub: secrets.scrub, scrubValues: secrets.scrubValues });
}

/** Credentials that lie in files are known before anything is written. A file that cannot be read is told where it is used. */
async function learnFiles({ user }: Config, secrets: SecretBook): Promise<void> {
  const endpoints = Object.entries(user.endpoints).map(([name, { key }]) => [name, key] as const);
  const forges = Object.entries(user.forge.hosts).flatMap(([name, { token, write, app }]) =>
    [token, write, app?.key].map((key) => [name, key] as const),
  );
  await Promise.all(
    [...endpoints, ...forges].map(async ([name, key]) => {
      if (key && "file" in key) {
        const text = await readFile(key.file, "utf8").catch(() => "");
        secrets.learn(`the key of ${name}`, text.trim());
      }
    }),
  );
}

/** A key is known before the run's first fact is written, wherever it comes from, and again whenever it is looked up. */
async function learning<Choice extends { readonly key: () => Promise<string | undefined>; readonly keyName?: string }>(
  choice: Choice,
  secrets: SecretBook,
): Promise<Choice> {
  const key = async (): Promise<string | undefined> => {
    const found = await choice.key();
    if (found !== undefined) secrets.learn(choice.keyName ?? "the model's key", found);
    return found;
  };
  // What is wrong with it is told where it is used.
  await key().catch(() => {});
  return { ...choice, key };
}

/** Values of the variables that hold credentials: they are taken out of everything that is stored. */
function knownSecrets(config: Config): { name: string; value: string }[] {
  const wellKnown = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GH_TOKEN"];
  return [...new Set([...variablesNamed(config.user), ...wellKnown])].flatMap((name) => {
    const value = config.variable(name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Behind a company's proxy an installation trusts what the user's own tools trust. Without network nothing is added. */
function withCertificates(policy: SandboxPolicy, file: string | undefined): SandboxPolicy {
  if (policy.network === "none" || file === undefined || !existsSync(file)) return policy;
  const target = "/certificates.pem";
  return {
    ...policy,
    mounts: [...policy.mounts, { source: file, target }],
    env: { ...policy.env, NODE_EXTRA_CA_CERTS: target, SSL_CERT_FILE: target, PIP_CERT: target },
  };
}

/** Signs commits as the configuration says; undefined where it says nothing. */
async function signingOf({ user, path, userHome: home, variable }: Config): Promise<Signing | undefined> {
  if (!user.forge.signing) return undefined;
  const { signingWith } = await import("./repo/sign.ts");
  return signingWith(user.forge.signing, { searchPath: path, home, agent: variable("SSH_AUTH_SOCK") });
}

/** Tells people where the configuration, or who started a run, wants that. Addresses are secrets from when they are known. */
function noticesOf(config: Config, secrets: SecretBook, wanted: boolean | undefined): Notices | null {
  const { notify } = config.user;
  if (!(wanted ?? notify.always)) return null;
  return { on: notify.on, channels: () => channelsHere(config, secrets) };
}

async function channelsHere(config: Config, secrets: SecretBook): Promise<readonly Channel[]> {
  const [{ channelsOf }, { resolveKey }] = await Promise.all([
    import("./notify/channels.ts"),
    import("./models/key.ts"),
  ]);
  const { path, variable, user } = config;
  const terminal = process.stderr.isTTY ? (text: string) => void process.stderr.write(text) : undefined;
  return channelsOf(user.notify, { platform: process.platform, path, variable, terminal }, async (reference) => {
    const found = await resolveKey(reference, variable);
    if (found !== undefined) secrets.learn("an address to notify", found.trim());
    return found;
  });
}

/** Opens forges with what the configuration says of each; their tokens are secrets from the moment they are known. */
function forgesOf(config: Config, secrets: SecretBook, version: string): App["forge"] {
  const { hosts, forks } = config.user.forge;
  const localGit = async (bare: string) => (await import("./repo/bare.ts")).openBare(bare, { searchPath: config.path });
  const now = (): number => systemClock.now();
  const always = { localGit, now, hosts, forks, version };
  let answers: Answers | undefined;
  return async (place, { patienceMs = FORGE_PATIENCE_MS, ...call }) => {
    const [{ openForge }, { answersIn }] = await Promise.all([
      import("./forge/open.ts"),
      import("./forge/github/answers.ts"),
    ]);
    const mayKeep = (text: string): boolean => secrets.scrub(text) === text;
    answers ??= answersIn({ folder: join(config.home, "cache", "forge"), mayKeep, now });
    const onToken = (token: string): void => secrets.learn(`the token for ${place.host}`, token);
    const credential = async (host: string, own: ForgeHost | undefined) => {
      const found = await forgeCredential(config, host, own);
      for (const secret of found?.kind === "app" ? [found.key] : found ? [found.read, found.write] : [])
        onToken(secret);
      return found;
    };
    const patience = Math.min(FORGE_PATIENCE_MS, patienceMs);
    return openForge(place, { ...always, ...call, answers, credential, onToken, patienceMs: patience });
  };
}

/** The credential for a forge: what is named for it, else, on github.com, the token that other tools use too. */
async function forgeCredential(
  config: Config,
  host: string,
  own: ForgeHost | undefined,
): Promise<Credential | undefined> {
  const { resolveKey } = await import("./models/key.ts");
  if (own?.app) {
    const { id, installation } = own.app;
    const key = await resolveKey(own.app.key, config.variable);
    return key === undefined ? undefined : { kind: "app", id, key, ...(installation && { installation }) };
  }
  const usual = async (): Promise<string | undefined> => {
    if (host !== "github.com") return undefined;
    const set = config.variable("GITHUB_TOKEN") ?? config.variable("GH_TOKEN");
    return set ?? resolveKey({ command: ["gh", "auth", "token"] }, config.variable).catch(() => undefined);
  };
  const read = own?.token ? await resolveKey(own.token, config.variable) : await usual();
  const write = own?.write ? await resolveKey(own.write, config.variable) : read;
  return read === undefined || write === undefined ? undefined : { kind: "tokens", read, write };
}
