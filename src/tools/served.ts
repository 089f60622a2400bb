import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { z } from "zod";
import type { ServedTool } from "../policy/role-file.ts";
import { notPublic } from "../sandbox/egress/addresses.ts";
import { headline, keepEnds } from "../text.ts";
import { type Tool, type ToolResult, tool } from "./tool.ts";

const TIMEOUT_MS = 60_000;
const MAX_BYTES = 1_000_000;
const MAX_CHARACTERS = 10_000;

export interface ServedOptions {
  /** False: a server on the public internet is not asked. */
  readonly externalNetwork: boolean;
  /** Set by tests to stand in for the system's resolver. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

/**
 * A tool that a server offers over HTTP: claw posts { input } as JSON to the declared endpoint, to an address that it
 * looked up and judged, without any credential, and follows no redirect. The only tool that acts outside the sandbox.
 */
export const servedTool = ({ name, endpoint }: ServedTool, options: ServedOptions): Tool =>
  tool({
    name,
    about: `Ask the tool server for ${name}. Gives its answer as text.`,
    effect: "execute",
    input: z.strictObject({ input: z.string() }),
    summary: ({ input }) => headline(input, 120),
    async run({ input }, { signal }) {
      const url = new URL(endpoint);
      try {
        const address = await addressOf(url.hostname.replace(/^\[|\]$/g, ""), options);
        if (address === null)
          return refused(`${url.hostname} is on the public internet, and the role allows no external network`);
        return await post(url, { address, body: JSON.stringify({ input }), signal });
      } catch (error) {
        signal.throwIfAborted();
        return refused(`${url.host} could not be asked: ${(error as NodeJS.ErrnoException).code ?? "no answer"}`);
      }
    },
  });

const refused = (why: string): ToolResult => ({ ok: false, text: `not done: ${why}` });

/** The address to ask; null when the name leads to the public internet and the role may not go there. */
async function addressOf(
  host: string,
  { externalNetwork, lookup = allAddresses }: ServedOptions,
): Promise<string | null> {
  const addresses = await lookup(host);
  if (!externalNetwork && addresses.some((address) => notPublic(address) === null)) return null;
  return addresses[0] ?? null;
}

const allAddresses = async (host: string): Promise<readonly string[]> =>
  (await systemLookup(host, { all: true })).map(({ address }) => address);

interface Posting {
  readonly address: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

function post(url: URL, { address, body, signal }: Posting): Promise<ToolResult> {
  const family = address.includes(":") ? 6 : 4;
  const fixed: LookupFunction = (_host, options, done) =>
    options.all ? done(null, [{ address, family }]) : done(null, address, family);
  // Not by `import`, which would load all of fetch with it: see models/http.ts.
  const { request: send } = process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http");
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const asked = send(url, { method: "POST", headers, lookup: fixed, signal: limited, agent: false }, (response) => {
      const { statusCode: status = 0, headers: answer } = response;
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) asked.destroy(Object.assign(new Error("too large"), { code: "an answer over 1 MB" }));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        if (status >= 300 && status < 400)
          return resolve(
            refused(`${url.host} redirects to ${headline(answer.location ?? "nowhere")}, and no redirect is followed`),
          );
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({
          ok: status >= 200 && status < 300,
          text: `[${status}]\n${keepEnds(text, MAX_CHARACTERS)}`,
          full: text,
        });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
