import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import { placeName } from "../../forge/place.ts";
import { resolveKey } from "../../models/key.ts";
import { isLoopback, type KnownToken, knownToken } from "../../web/api/door.ts";
import type { Answering } from "../../web/api/serve.ts";
import type { CommandDesk } from "../command.ts";
import { repositoryHere } from "../prompts/lock.ts";
import { hookSecret, SHORTEST_SECRET } from "./hook-secret.ts";

/** One thing that is served: the requests below a path. */
export interface Face extends Answering {
  /** How its paths begin. */
  readonly path: string;
  readonly repositories: readonly string[];
  /** What a person should know about it, once it is there. */
  readonly tells: (url: string) => string;
}

/** The face that a request is for; the last one answers what is for none. */
export const together = (faces: readonly Face[]): Answering => ({
  fetch: (request, env) => {
    const { pathname } = new URL(request.url);
    const face = faces.find(({ path }) => pathname.startsWith(path)) ?? faces.at(-1);
    return face ? face.fetch(request, env) : new Response(null, { status: 404 });
  },
});

/** Tasks, runs and decisions. UsageError where others than this machine could come in without a token. */
export async function apiFace(
  app: App,
  desk: CommandDesk,
  { host, repositories: paths, port }: { host: string; repositories: readonly string[]; port: () => number },
): Promise<Face> {
  const tokens = await tokensOf(app);
  if (tokens.length === 0 && !isLoopback(host))
    throw new UsageError(
      `${host} is reached from outside this machine, and there is no token`,
      "name tokens in config.yaml: api.tokens; or listen on 127.0.0.1",
    );
  const repositories = await rootsOf(app, paths);
  const [{ apiOn }, { apiHands }] = await Promise.all([import("../../web/api/serve.ts"), import("./hands.ts")]);
  const { perMinute, hosts } = app.config.user.api;
  const own = await repositoriesOfPersons(app);
  const served = apiOn({
    hands: await apiHands(app, (person) => own.get(person ?? "") ?? repositories),
    tokens,
    hosts: () => [...hosts, ...ownNames(host).map((name) => `${name}:${port()}`)],
    perMinute,
    clock: systemClock,
    clean: app.secrets.scrubValues,
    onFault: (error) => tellFault(desk, error),
    signal: desk.signal,
  });
  return {
    path: "/v1/",
    fetch: (request, env) => served.fetch(request, env as object),
    repositories,
    tells: (url) =>
      `described at ${url}/v1/openapi.json; ${tokens.length === 0 ? "no token is needed" : `${tokens.length} tokens`}`,
  };
}

/** What GitHub tells. UsageError where no repository or no secret is named. */
export async function hookFace(app: App, desk: CommandDesk): Promise<Face> {
  const [{ hookOn, HOOK_PATH }, { hookHands, servedPlaces }] = await Promise.all([
    import("../../web/webhook/receive.ts"),
    import("./hook-hands.ts"),
  ]);
  const { repositories } = app.config.user.webhook;
  if (repositories.length === 0)
    throw new UsageError(
      "no repository is named whose deliveries could be taken",
      "name working trees in config.yaml: webhook: { repositories: [/path/of/it] }",
    );
  const secret = await hookSecret(app);
  const places = await servedPlaces(app, await rootsOf(app, repositories));
  const served = hookOn({
    secret,
    receive: hookHands(app, places, desk),
    clean: app.secrets.scrubValues,
    onFault: (error) => tellFault(desk, error),
  });
  return {
    path: HOOK_PATH,
    fetch: (request, env) => served.fetch(request, env as object),
    repositories: places.map(({ root }) => root),
    tells: (url) =>
      `deliveries of ${places.map(({ place }) => placeName(place)).join(", ")} are taken at ${url}${HOOK_PATH}; tasks are done by: claw work`,
  };
}

const tellFault = (desk: CommandDesk, error: unknown): void =>
  desk.err(error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Tokens by their persons. One that is not there, or that anybody could guess, is refused: it would lock its person out, or others in. */
async function tokensOf({ config, secrets }: App): Promise<readonly KnownToken[]> {
  const named = Object.entries(config.user.api.tokens);
  return Promise.all(
    named.map(async ([person, told]) => {
      const token = (await resolveKey("token" in told ? told.token : told, config.variable))?.trim();
      if (token === undefined || token.length < SHORTEST_SECRET)
        throw new UsageError(
          `the token of ${person} ${token === undefined ? "is not there" : `has less than ${SHORTEST_SECRET} characters`}`,
          "make one: openssl rand -hex 24; and name where it is found in config.yaml: api.tokens",
        );
      secrets.learn(`the token of ${person}`, token);
      return knownToken(person, token);
    }),
  );
}

/** Of persons whose tokens name any: their repositories, and no others. */
async function repositoriesOfPersons(app: App): Promise<ReadonlyMap<string, readonly string[]>> {
  const own = new Map<string, readonly string[]>();
  for (const [person, told] of Object.entries(app.config.user.api.tokens))
    if ("token" in told && told.repositories) own.set(person, await rootsOf(app, told.repositories));
  return own;
}

const rootsOf = async (app: App, paths: readonly string[]): Promise<readonly string[]> =>
  Promise.all(paths.map(async (path) => (await repositoryHere(app, path)).root));

/** What an address is called by on this machine. */
const ownNames = (host: string): readonly string[] =>
  isLoopback(host) ? ["127.0.0.1", "localhost", "[::1]"] : [host.includes(":") ? `[${host}]` : host];
