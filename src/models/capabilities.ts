import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";

/** What a probe found out about one model at one endpoint. Kept as a file, used by every run with that model, and recorded in it. */
export const Capabilities = z.object({
  version: z.literal(1),
  /** Milliseconds since the epoch. */
  at: z.number(),
  endpoint: z.string(),
  baseUrl: z.string(),
  model: z.string(),
  wire: z.string(),
  server: z.object({
    kind: z.string(),
    version: z.string().nullable(),
    /** SHA-256 of its chat templates, where it shows them. */
    template: z.string().nullable().optional(),
  }),
  servedModel: z.string().nullable(),
  /** Tokens: what the server or the catalogue says, what arrived when it was tried, and what a run goes by. */
  window: z.object({
    declared: z.number().nullable(),
    probed: z.number().nullable(),
    used: z.number().nullable(),
  }),
  /** "text": the server hands the model's calls on as words, and claw reads them. */
  toolCalls: z.enum(["native", "text", "none", "unknown"]),
  parallelCalls: z.boolean().nullable(),
  /** Did the arguments arrive as valid JSON, with nothing mended? */
  validJson: z.boolean().nullable(),
  streams: z.boolean().nullable(),
  /** Does the server report how many tokens it used? */
  reportsUsage: z.boolean().nullable(),
  /** Tokens per second. */
  prefill: z.number().nullable(),
  decode: z.number().nullable(),
  priceKnown: z.boolean(),
  /** Requests the server works on at once, and tokens its cache holds. */
  slots: z.number().nullable(),
  kvTokens: z.number().nullable(),
  /** Whose names its /metrics uses; null where there are none. */
  metrics: z.string().nullable(),
  /** Checks that ended as a problem. */
  problems: z.array(z.string()),
});
export type Capabilities = z.infer<typeof Capabilities>;

type Named = Pick<Endpoint, "baseUrl" | "model">;

/** One file per address and model: an endpoint that moved is another one. */
const fileOf = (home: string, { baseUrl, model }: Named): string => {
  const id = createHash("sha256")
    .update(`${baseUrl.replace(/\/+$/, "")}\n${model}`)
    .digest("hex")
    .slice(0, 16);
  return join(home, "models", `${model.replace(/[^\w.-]+/g, "-").slice(0, 60)}-${id}.json`);
};

/** Puts a record in the place of the one before, in one step. */
export async function keepCapabilities(home: string, found: Capabilities): Promise<string> {
  const file = fileOf(home, found);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
  return file;
}

/** What the last probe found; null without one, and when a later release wrote it. */
export const knownCapabilities = (home: string, endpoint: Named): Promise<Capabilities | null> =>
  readRecord(fileOf(home, endpoint));

/** Every record there is, newest first. */
export async function allCapabilities(home: string): Promise<readonly Capabilities[]> {
  const dir = join(home, "models");
  const names = await readdir(dir).catch(() => []);
  const records = await Promise.all(
    names.filter((name) => name.endsWith(".json")).map((name) => readRecord(join(dir, name))),
  );
  return records.filter((record) => record !== null).toSorted((a, b) => b.at - a.at);
}

async function readRecord(file: string): Promise<Capabilities | null> {
  try {
    return Capabilities.safeParse(JSON.parse(await readFile(file, "utf8"))).data ?? null;
  } catch {
    return null;
  }
}
