import { getConnInfo } from "@hono/node-server/conninfo";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { ClawError, InfrastructureError, type Outcome } from "../../errors.ts";
import { isOwnHost, type KnownToken, personOf, rateLimit } from "./door.ts";
import { follow, followPath } from "./follow.ts";
import { openApi } from "./openapi.ts";
import type { ApiHands, Route } from "./route.ts";
import { routes } from "./routes.ts";

export interface ApiOptions {
  /** What it can do for a person; null: for somebody of this machine. */
  readonly hands: (person: string | null) => ApiHands;
  readonly tokens: readonly KnownToken[];
  /** Names it may be called by, as host or host:port. */
  readonly hosts: () => readonly string[];
  readonly perMinute: number;
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** Takes secrets out of what is sent. */
  readonly clean: (text: string) => string;
  /** Told what is a fault of claw; the caller is not. */
  readonly onFault: (error: unknown) => void;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 256 * 1024;
/** Runs followed at once, by all callers and by one. */
const MOST_FOLLOWERS = 32;
const MOST_OF_ONE = 16;
/** Connections at once; who comes then is hung up on. */
const MOST_CONNECTIONS = 1000;
/** A connection on which nothing moves for so long is closed, in milliseconds: also one whose caller reads nothing. */
const STALLED_MS = 60_000;

const describedAt = "/v1/openapi.json";

type Vars = { Variables: { person: string | null } };

/** HTTP statuses by what was wrong. */
const statuses: Partial<Record<Outcome, ContentfulStatusCode>> = {
  usage: 400,
  blocked: 409,
  "over-budget": 409,
  waiting: 409,
};

const problem = (
  context: Context,
  status: ContentfulStatusCode,
  outcome: Outcome,
  message: string,
  hint: string,
): Response => context.json({ error: { outcome, message, hint } }, status);

/** The API as a function from requests to answers. */
export function apiOn(options: ApiOptions): Hono<Vars> {
  const { hands, clean, onFault } = options;
  const app = new Hono<Vars>();
  app.use(guard(options));
  app.use(
    bodyLimit({
      maxSize: MAX_BYTES,
      onError: (context) =>
        problem(context, 413, "usage", "the request is too large", `send at most ${MAX_BYTES / 1024} kB`),
    }),
  );
  app.get(describedAt, (context) => context.json(openApi()));
  const followers = new Map<string | null, number>();
  app.get(pathOf(followPath), async (context) => {
    const person = context.get("person");
    const own = followers.get(person) ?? 0;
    const all = [...followers.values()].reduce((sum, one) => sum + one, 0);
    if (own >= MOST_OF_ONE || all >= MOST_FOLLOWERS)
      return problem(context, 503, "infrastructure", "too many follow runs", "come back later");
    followers.set(person, own + 1);
    const onEnd = (): void => void followers.set(person, Math.max(0, (followers.get(person) ?? 0) - 1));
    const run = context.req.param("id") ?? "";
    const theirs = { ...options, hands: hands(person), onEnd };
    return (await follow(context, run, theirs)) ?? missing(context);
  });
  for (const route of routes)
    app[route.method](pathOf(route.path), async (context) => {
      const given = await takenFrom(context, route);
      if (given instanceof Response) return given;
      const caller = { person: context.get("person") };
      if (route.decides && caller.person === null)
        return problem(
          context,
          403,
          "blocked",
          "decisions need the token of a person",
          "name tokens in config.yaml: api.tokens",
        );
      const found = await route.handle({ ...given, parts: context.req.param(), caller }, hands(caller.person));
      if (found === null) return missing(context);
      const text = clean(JSON.stringify({ version: 1, ...found }));
      return context.body(text, route.status, { "content-type": "application/json" });
    });
  for (const [path, methods] of methodsOf()) app.all(pathOf(path), (context) => otherMethod(context, methods));
  app.notFound(missing);
  app.onError((error, context) => {
    if (error instanceof ClawError)
      return problem(context, statuses[error.outcome] ?? 503, error.outcome, clean(error.message), clean(error.hint));
    onFault(error);
    return problem(context, 500, "infrastructure", "claw itself failed", "look at what claw serve printed");
  });
  return app;
}

const pathOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");
const missing = (context: Context): Response =>
  problem(context, 404, "usage", `there is no ${context.req.path}`, "see /v1/openapi.json");

/** What each address is asked with. */
function methodsOf(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const asked = [...routes, { path: followPath, method: "get" }, { path: describedAt, method: "get" }];
  for (const { path, method } of asked)
    found.set(path, [...(found.get(path) ?? []), ...(method === "get" ? ["GET", "HEAD"] : ["POST"])]);
  return found;
}

function otherMethod(context: Context, methods: readonly string[]): Response {
  context.header("allow", methods.join(", "));
  const { method, path } = context.req;
  return problem(context, 405, "usage", `${path} takes no ${method}`, `ask it with ${methods.join(" or ")}`);
}

/** Who may come in, by what name, and how often. */
function guard({ tokens, hosts, perMinute, clock }: ApiOptions) {
  const limit = rateLimit(perMinute, () => clock.now());
  return async (context: Context<Vars>, next: () => Promise<void>): Promise<Response | void> => {
    context.header("cache-control", "no-store");
    context.header("x-content-type-options", "nosniff");
    context.header("content-security-policy", "default-src 'none'");
    if (!isOwnHost(context.req.header("host"), hosts()))
      return problem(context, 421, "usage", "this server is not called so", "name it in config.yaml: api.hosts");
    // Programs send none: a page in a browser does, and has no business here.
    if (context.req.header("origin") !== undefined || crossSite(context))
      return problem(context, 403, "blocked", "no pages of browsers", "call it from a program");
    const person = personOf(context.req.header("authorization"), tokens);
    const wait = limit(person === null ? `address ${addressOf(context)}` : `person ${person}`);
    if (wait > 0) {
      context.header("retry-after", String(wait));
      return problem(context, 429, "infrastructure", "too many requests", `wait ${wait} s`);
    }
    if (tokens.length > 0 && person === null) {
      context.header("www-authenticate", "Bearer");
      return problem(context, 401, "usage", "a token is needed", "send it as: Authorization: Bearer <token>");
    }
    context.set("person", person);
    await next();
  };
}

const crossSite = (context: Context): boolean => !["none", undefined].includes(context.req.header("sec-fetch-site"));

function addressOf(context: Context): string {
  try {
    return getConnInfo(context).remote.address ?? "";
  } catch {
    return ""; // not from a socket: a test
  }
}

/** What a request brings, checked; or the refusal. */
async function takenFrom(
  context: Context,
  { body, query }: Route,
): Promise<{ body: unknown; query: unknown } | Response> {
  const refuse = (error: z.ZodError, where: string): Response => {
    const [issue] = error.issues;
    const path = issue?.path.join(".") ?? "";
    return problem(
      context,
      400,
      "usage",
      `${where}${path === "" ? "" : ` ${path}`}: ${issue?.message}`,
      "see /v1/openapi.json",
    );
  };
  const asked = query?.safeParse(context.req.query());
  if (asked && !asked.success) return refuse(asked.error, "query");
  if (!body) return { body: undefined, query: asked?.data };
  if (!/^application\/json\s*(;|$)/i.test(context.req.header("content-type") ?? ""))
    return problem(context, 415, "usage", "the body is no JSON", "send Content-Type: application/json");
  const sent = jsonIn(await context.req.text());
  if ("problem" in sent)
    return problem(context, 400, "usage", `the body is no JSON: ${sent.problem}`, "see /v1/openapi.json");
  const told = body.safeParse(sent.value);
  return told.success ? { body: told.data, query: asked?.data } : refuse(told.error, "body");
}

function jsonIn(text: string): { readonly value: unknown } | { readonly problem: string } {
  if (text.trim() === "") return { problem: "it is empty" };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What answers requests. */
export interface Answering {
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>;
}

/** Listens until the signal aborts. `onListening` is told the port. */
export function listen(
  app: Answering,
  {
    host,
    port,
    signal,
    onListening,
  }: {
    readonly host: string;
    readonly port: number;
    readonly signal: AbortSignal;
    readonly onListening: (port: number) => void;
  },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const limits = {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      maxHeaderSize: 16_384,
      connectionsCheckingInterval: 5_000,
    };
    const server = serve({ fetch: app.fetch, hostname: host, port, serverOptions: limits }, (at) =>
      onListening(at.port),
    );
    server.maxConnections = MOST_CONNECTIONS;
    server.setTimeout(STALLED_MS);
    server.on("error", (error) =>
      reject(
        new InfrastructureError(
          `nothing can listen on ${host}:${port}: ${error.message}`,
          "choose another: --port <n>",
          error,
        ),
      ),
    );
    const end = (): void => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
