import { makeHome, type Measurement } from "../desk.ts";
import { atLeast, atMost } from "../row.ts";
import { session } from "../session.ts";
import { type Request, requestTokens, tokens } from "../tokens.ts";
import { lookAround } from "../trajectory.ts";

/** Tokens sent over the same trajectory by the leanest of the agents it was measured with. */
const LEANEST_PEER = 63_544;

/** What a model is sent: its size, and how much of it was sent before. Exact, so it is measured once. */
export const prompt: Measurement = {
  name: "prompt",
  about: "bytes and tokens of the requests, and how much of each repeats the one before",
  async run(desk) {
    const plan = { trajectory: lookAround(20) };
    const claw = await session({ ...plan, subject: "claw", home: makeHome(desk.dir, "prompt") });
    const floor = await session({ ...plan, subject: "floor", home: makeHome(desk.dir, "prompt-floor") });
    const sent = (requests: readonly string[]) => requests.map((body) => JSON.parse(body) as Request);
    const all = sent(claw.requests);
    const [first = { messages: [] }] = all;
    const system = first.messages.find(({ role }) => role === "system")?.content ?? "";
    const tools = JSON.stringify(first.tools ?? []);
    const total = (requests: readonly Request[]): number =>
      requests.reduce((sum, request) => sum + requestTokens(request), 0);
    const [value, least] = [total(all), total(sent(floor.requests))];
    return [
      { what: "system prompt and tools", unit: "tokens", value: tokens(system) + tokens(tools), budget: atMost(900) },
      {
        what: "system prompt and tools",
        unit: "bytes",
        value: Buffer.byteLength(system + tools),
        budget: atMost(6000),
      },
      { what: "first request, whole", unit: "tokens", value: requestTokens(first) },
      { what: "first request, whole", unit: "bytes", value: Buffer.byteLength(claw.requests[0] ?? "") },
      {
        what: "sent over 20 turns of looking around",
        unit: "tokens",
        value,
        floor: least,
        ratio: value / least,
        budget: atMost(LEANEST_PEER),
        note: `${all.length} requests; the last three read, change and finish`,
      },
      { what: "identical prefix between requests", unit: "%", value: repeatedShare(all) * 100, budget: atLeast(100) },
    ];
  },
};

/** How much of each request, tools and messages, the next one begins with: 1 when history is only ever added to. */
export function repeatedShare(requests: readonly Request[]): number {
  const texts = requests.map(({ tools, messages }) =>
    [tools ?? [], ...messages].map((part) => `${JSON.stringify(part)}\n`).join(""),
  );
  let [same, all] = [0, 0];
  for (const [index, text] of texts.slice(0, -1).entries()) {
    same += commonPrefix(text, texts[index + 1] ?? "");
    all += text.length;
  }
  return all === 0 ? Number.NaN : same / all;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
