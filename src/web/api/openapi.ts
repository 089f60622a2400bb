import { z } from "zod";
import { followPath } from "./follow.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import { Problem } from "./shapes.ts";

const JSON_TYPE = "application/json";

const schemaOf = (schema: z.ZodType, io: "input" | "output"): unknown => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" });
  return rest;
};

const problems = {
  "400": "the request means nothing",
  "401": "a token is needed",
  "403": "not allowed",
  "404": "there is no such thing",
  "405": "asked with a method that it does not take: Allow says which",
  "409": "not as things stand",
  "413": "too large",
  "415": "no JSON",
  "421": "called by a name that is not this server's",
  "429": "too many requests: Retry-After says how many seconds to wait",
  "503": "what it needs is not there right now",
} as const;

const refusals = Object.fromEntries(
  Object.entries(problems).map(([status, description]) => [
    status,
    { description, content: { [JSON_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } } },
  ]),
);

const named = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

function queryOf({ query }: Route): unknown[] {
  if (!query) return [];
  const { properties = {} } = schemaOf(query, "input") as { properties?: Record<string, unknown> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
}

const operation = (route: Route): object => ({
  summary: route.about,
  operationId: `${route.method}${route.path.replaceAll(/[/{}]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/[/{}]/g, "")}`,
  ...(route.decides && { description: "Needs the token of a person, also on loopback." }),
  parameters: [...named(route.path), ...queryOf(route)],
  ...(route.body && {
    requestBody: { required: true, content: { [JSON_TYPE]: { schema: schemaOf(route.body, "input") } } },
  }),
  responses: {
    [route.status]: {
      description: route.about,
      content: { [JSON_TYPE]: { schema: schemaOf(route.answer, "output") } },
    },
    ...refusals,
  },
});

/** The document that describes the API, in OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html. Made from the routes themselves. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  paths[followPath] = {
    get: {
      summary: "Follows a run: its facts as server-sent events, until it rests",
      description:
        "Each has its number as id; who comes back with Last-Event-ID gets what came after. The last is of type end. 204: nothing came after, and nothing will.",
      operationId: "getV1RunsIdEvents",
      parameters: [
        ...named(followPath),
        { name: "Last-Event-ID", in: "header", required: false, schema: { type: "integer", minimum: 0 } },
      ],
      responses: {
        "200": { description: "events", content: { "text/event-stream": { schema: { type: "string" } } } },
        "204": { description: "nothing more" },
        ...refusals,
      },
    },
  };
  return {
    openapi: "3.1.1",
    info: { title: "claw", version: "1", description: "Tasks, runs and decisions of one claw: claw serve --api." },
    security: [{}, { token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Problem: schemaOf(Problem, "output") },
    },
  };
}
