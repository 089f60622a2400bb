import { z } from "zod";
import { KeyReference } from "./key-reference.ts";

/** "localhost:8080" is a URL too, of a scheme named localhost. */
export const HttpUrl = z.url({ protocol: /^https?$/, error: "give an address that begins with http:// or https://" });

const rate = z.number().nonnegative();
/** US dollars per million tokens. What the cache reads and writes costs as much as other input when it is left out. */
export const Price = z.strictObject({
  input: rate,
  output: rate,
  cacheRead: rate.optional(),
  cacheWrite: rate.optional(),
});

/** One endpoint of config.yaml, and what is assumed of an address that is in none. */
export const EndpointSettings = z.strictObject({
  baseUrl: HttpUrl,
  wire: z
    .enum(["responses", "chat", "anthropic"])
    .default("chat")
    .meta({ description: "OpenAI Responses, Chat Completions (most servers), or Anthropic Messages." }),
  key: KeyReference.optional(),
  concurrency: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "A server of your own: the most requests it is sent at once. Found out when left out." }),
  perMinute: z
    .strictObject({
      requests: z.int().min(1).optional(),
      tokens: z.int().min(1).optional().meta({ description: "Read and written, those from a cache included." }),
    })
    .optional()
    .meta({ description: "The most it is sent in a minute, by all processes on this ledger together." }),
  selfHosted: z
    .boolean()
    .optional()
    .meta({ description: "On this machine or network. Guessed from the address when left out." }),
  timeouts: z
    .strictObject({
      connect: z.number().positive().optional().meta({ description: "Until the connection stands (default 5)." }),
      firstByte: z.number().positive().optional().meta({
        description:
          "Until the reply begins (default 300), or without a stream until it is whole (default 900). At a server of your own whose speed is known: what that asks for.",
      }),
      idle: z
        .number()
        .positive()
        .optional()
        .meta({ description: "Between two pieces of a reply (default 90 or 300)." }),
      total: z.number().positive().optional().meta({ description: "For one request (default 1800)." }),
    })
    .optional()
    .meta({ description: "How long to wait for this endpoint, in seconds." }),
  streamTools: z.boolean().optional().meta({
    description:
      "Words arrive as they are said also where the model may call tools. By default only in the cloud: servers of one's own often garble calls in a stream. Try yours out, and watch the first runs.",
  }),
  alsoServes: z.array(z.string().min(1)).optional().meta({
    description:
      "Other names under which this endpoint may answer: a deployment's model, or a fallback that you accept. Any other stops a run.",
  }),
  applyPatch: z.boolean().optional().meta({
    description:
      "Models change files by apply_patch, a custom tool with a grammar, in place of edit; only with the wire responses. By default for GPT-5 and later in the cloud.",
  }),
  serviceTier: z.enum(["default", "flex", "priority", "fast"]).optional().meta({
    description:
      "What is asked of an OpenAI-like provider: flex costs half and may be slow or full (after a quarter of an hour the run goes on at default), priority and fast cost more. Replies are charged at the tier that they name.",
  }),
  price: Price.optional().meta({ description: "US dollars per million tokens; overrides the built-in price list." }),
  hourly: z
    .strictObject({
      usd: z.number().nonnegative(),
      shared: z.int().min(1).default(1).meta({ description: "How many requests it serves at once." }),
    })
    .optional()
    .meta({ description: "What a server of your own costs by the hour, in US dollars: a request pays for its time." }),
});
/** The same, once read. */
export type EndpointConfig = z.infer<typeof EndpointSettings>;
