import { systemClock } from "../../src/clock.ts";
import type { Message } from "../../src/ledger/message.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { Endpoint } from "../../src/models/endpoint.ts";
import { repairCall } from "../../src/models/repair.ts";
import { rescueCalls } from "../../src/models/text-rescue.ts";
import { classes } from "../../test/models/class-corpus.ts";
import { requestOf, tools } from "../../test/models/desk.ts";
import { startModelServer } from "../../test/support/model-server.ts";
import type { Desk, Measurement } from "../desk.ts";
import { atLeast, type Row } from "../row.ts";
import { compared, interleaved, median } from "../statistics.ts";

const wires = ["chat", "responses", "anthropic"] as const;
/** Turns of history in each request: about 16,000 tokens. */
const HISTORY = 20;
const RESULT = "src/a.ts:12: export const answer = (question: string): number => 42;\n".repeat(40);

/** What claw adds to a request and its reply besides sending and receiving them, and how fast it reads tool calls. */
export const adapters: Measurement = {
  name: "adapters",
  about: "one turn over each wire against bare fetch with the same bytes, and tool calls read per second",
  async run(desk) {
    const rows: Row[] = [];
    for (const wire of wires) rows.push(await overheadOf(wire, desk));
    return [...rows, pipeline(desk)];
  },
};

function history(): Message[] {
  const turns = Array.from({ length: HISTORY }, (_, index): Message[] => {
    const id = `call_h${index}`;
    const args = { command: `sed -n ${index},40p src/a.ts`, timeout_s: null };
    return [
      { role: "assistant", text: "I look on.", calls: [{ id, name: "bash", args, repairs: [] }] },
      { role: "tool", callId: id, name: "bash", ok: true, text: RESULT },
    ];
  });
  return [
    { role: "system", text: "You mend code." },
    { role: "user", origin: "task", text: "Mend it." },
    ...turns.flat(),
  ];
}

async function overheadOf(wire: Endpoint["wire"], desk: Desk): Promise<Row> {
  const reply = {
    text: "The loop ends one too early. ".repeat(20),
    calls: [{ name: "bash", arguments: { command: "npm test -- sum", timeout_s: 120 } }],
  };
  const server = await startModelServer(() => reply);
  const turns = desk.repeats(100, 10);
  try {
    const endpoint: Endpoint = {
      name: "bench",
      baseUrl: server.url,
      wire,
      model: "test-model",
      key: () => Promise.resolve("sk-none"),
      selfHosted: false,
    };
    const model = await connectModel(endpoint, systemClock);
    const request = requestOf(history());
    const never = new AbortController().signal;
    await model.ask(request, never);
    const [first] = server.requests;
    if (!first) throw new Error("nothing was asked");
    const url = new URL(first.path, server.url);
    const times = async (turn: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      for (let done = 0; done < turns; done += 1) await turn();
      return (performance.now() - started) / turns;
    };
    const bare = async (): Promise<string> => {
      const headers = { "content-type": "application/json" };
      return (await fetch(url, { method: "POST", headers, body: first.raw })).text();
    };
    const { claw, floor } = await interleaved(desk.repeats(9, 2), {
      claw: () => times(() => model.ask(request, never)),
      floor: () => times(bare),
    });
    const figures = compared(claw, floor);
    const added = (figures.value - figures.floor).toFixed(2);
    return { what: `a streamed turn over ${wire}`, unit: "ms", ...figures, note: `${added} ms more than bare fetch` };
  } finally {
    await server.close();
  }
}

/** Every case of the corpus of damaged calls, again and again. */
function pipeline(desk: Desk): Row {
  const cases = classes.flatMap((one) => one.cases);
  const read = (): void => {
    for (const { came, cut } of cases) {
      const calls = typeof came === "string" ? (rescueCalls(came)?.calls ?? []) : [came];
      for (const call of calls) repairCall(call, tools, { truncated: cut === true });
    }
  };
  read();
  const rates = Array.from({ length: desk.repeats(30, 3) }, () => {
    const started = performance.now();
    read();
    return cases.length / ((performance.now() - started) / 1000);
  });
  const note = `${cases.length} cases in ${classes.length} classes of damage`;
  return { what: "tool calls read", unit: "calls/s", value: median(rates), budget: atLeast(2_000), note };
}
