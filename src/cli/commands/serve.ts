import { z } from "zod";
import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import { resolveKey } from "../../models/key.ts";
import { isLoopback, type KnownToken, knownToken } from "../../web/api/door.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { repositoryHere } from "../prompts/lock.ts";

const DEFAULT_PORT = 7345;
/** What nobody guesses. */
const SHORTEST_TOKEN = 16;

export const serve = command({
  options: [
    ["--api", "serve the HTTP API: tasks, runs, decisions"],
    ["--host <address>", "the address to listen on (default: 127.0.0.1); any other needs tokens"],
    ["--port <n>", `the port to listen on, 0 for any that is free (default: ${DEFAULT_PORT})`],
    ["--repo <path...>", "repositories that tasks may be for (default: the one you are in)"],
    ["--openapi", "print the document that describes the API, and end"],
    ["--json", "print where it listens as one JSON object"],
  ],
  more: `Adds, lists and cancels tasks, lists and follows runs, and takes decisions of people; workers do the work: claw work. Nothing it
does goes beyond what the same person may do at a terminal here.

Tokens are named in config.yaml, by the person who has each: api: { tokens: { "Ada Lovelace": { env: CLAW_ADA } } }. With one, every
request needs one, and what is decided goes on record under that person's name; without any, it listens on this machine only, and
takes no decisions. It speaks plain HTTP: put a proxy with TLS before it where it leaves this machine.

Examples:
  claw serve --api
  claw serve --api --port 0 --json
  claw serve --openapi > openapi.json
  curl -s 127.0.0.1:${DEFAULT_PORT}/v1/tasks -H 'Content-Type: application/json'
      -d '{"title": "sum([]) throws"}'

Ends with Ctrl-C, exit code 130.`,
  input: z.object({
    api: z.boolean().default(false),
    host: z.string().trim().min(1).default("127.0.0.1"),
    port: numberOption({ min: 0, max: 65_535, whole: true }),
    repo: z.array(z.string()).optional(),
    openapi: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ api, host, port = DEFAULT_PORT, repo, openapi, json }, desk) {
    if (openapi) {
      const { openApi } = await import("../../web/api/openapi.ts");
      return desk.out(JSON.stringify(openApi(), null, 2));
    }
    if (!api) throw new UsageError("nothing is named that could be served", "claw serve --api");
    const app = await desk.app();
    const tokens = await tokensOf(app);
    if (tokens.length === 0 && !isLoopback(host))
      throw new UsageError(
        `${host} is reached from outside this machine, and there is no token`,
        "name tokens in config.yaml: api.tokens; or listen on 127.0.0.1",
      );
    const repositories = await rootsOf(app, repo ?? [desk.cwd]);
    const [{ apiOn, listen }, { apiHands }] = await Promise.all([
      import("../../web/api/serve.ts"),
      import("../serve/hands.ts"),
    ]);
    let at = port;
    const { perMinute, hosts } = app.config.user.api;
    const served = apiOn({
      hands: await apiHands(app, repositories),
      tokens,
      hosts: () => [...hosts, ...ownNames(host).map((name) => `${name}:${at}`)],
      perMinute,
      clock: systemClock,
      clean: app.secrets.scrubValues,
      onFault: (error) => desk.err(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      signal: desk.signal,
    });
    const onListening = (chosen: number): void => {
      at = chosen;
      const url = `http://${host.includes(":") ? `[${host}]` : host}:${at}`;
      desk.out(json ? JSON.stringify({ type: "serving", version: 1, url, repositories }) : `listening on ${url}`);
      desk.err(
        `described at ${url}/v1/openapi.json; ${tokens.length === 0 ? "no token is needed" : `${tokens.length} tokens`}`,
      );
    };
    await listen(served, { host, port, signal: desk.signal, onListening });
    desk.signal.throwIfAborted();
  },
});

/** Tokens by their persons. One that is not there, or that anybody could guess, is refused: it would lock its person out, or others in. */
async function tokensOf({ config, secrets }: App): Promise<readonly KnownToken[]> {
  const named = Object.entries(config.user.api.tokens);
  return Promise.all(
    named.map(async ([person, reference]) => {
      const token = (await resolveKey(reference, config.variable))?.trim();
      if (token === undefined || token.length < SHORTEST_TOKEN)
        throw new UsageError(
          `the token of ${person} ${token === undefined ? "is not there" : `has less than ${SHORTEST_TOKEN} characters`}`,
          "make one: openssl rand -hex 24; and name where it is found in config.yaml: api.tokens",
        );
      secrets.learn(`the token of ${person}`, token);
      return knownToken(person, token);
    }),
  );
}

const rootsOf = async (app: App, paths: readonly string[]): Promise<readonly string[]> =>
  Promise.all(paths.map(async (path) => (await repositoryHere(app, path)).root));

/** What an address is called by on this machine. */
const ownNames = (host: string): readonly string[] =>
  isLoopback(host) ? ["127.0.0.1", "localhost", "[::1]"] : [host.includes(":") ? `[${host}]` : host];
