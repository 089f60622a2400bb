import type { EventOf, Recorded } from "../ledger/events.ts";
import { foldRun, ofType } from "../views/run.ts";
import { foldSpend, shownCost } from "../views/spend.ts";
import { changeOf } from "./change.ts";
import { fixFacts } from "./fix-facts.ts";

type Value = string | number | boolean | Double | readonly string[] | null | undefined;
/** A number that is a double also when it happens to be whole: a name has one type. */
interface Double {
  readonly double: number;
}
type Attributes = Readonly<Record<string, Value>>;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1 inside claw, 3 a request to somebody else. */
  readonly kind: 1 | 3;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly unknown[];
  /** 0 not said, 2 an error. */
  readonly status: { readonly code: 0 | 2; readonly message?: string };
}

export interface Traced {
  readonly run: string;
  readonly events: readonly Recorded[];
  /** Hash of each event's row, by its number: a span's id is the beginning of that of the event it begins with. */
  readonly hashes: readonly string[];
}

/**
 * The run as OpenTelemetry spans in OTLP/JSON, with the names of the GenAI conventions (still "development" in 2026) and
 * claw's own below claw.*. No prompts, replies or outputs: those stay in the record.
 */
export function otelTraces(traced: Traced): unknown {
  const { started } = foldRun(traced.events);
  const spans = started ? [runSpan(traced, started), ...stageSpans(traced), ...sessionSpans(traced)] : [];
  const resource = { "service.name": "claw", "service.version": started?.version };
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: "claw", version: started?.version ?? "" }, spans }],
      },
    ],
  };
}

interface Plan {
  readonly from: Recorded;
  readonly to: Recorded;
  readonly parent?: Recorded | undefined;
  readonly name: string;
  readonly kind?: Span["kind"];
  readonly attributes: Attributes;
  readonly error?: string | undefined;
}

function span({ hashes }: Traced, { from, to, parent, name, kind = 1, attributes, error }: Plan): Span {
  const id = (event: Recorded): string => (hashes[event.seq] ?? "").slice(0, 16);
  return {
    traceId: (hashes[0] ?? "").slice(0, 32),
    spanId: id(from),
    ...(parent && { parentSpanId: id(parent) }),
    name,
    kind,
    startTimeUnixNano: `${from.at}000000`,
    endTimeUnixNano: `${to.at}000000`,
    attributes: keyValues({ ...attributes, "error.type": error }),
    status: error === undefined ? { code: 0 } : { code: 2, message: error },
  };
}

/** Attributes as OTLP writes them; those without a value are left out. */
function keyValues(attributes: Attributes): unknown[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: NonNullable<Value>): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { intValue: String(value) };
  if (typeof value === "boolean") return { boolValue: value };
  if ("double" in value) return { doubleValue: value.double };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}

/** Nano-dollars as dollars; null when the price is not known. */
const usd = (nano: number | null): Double | null => (nano === null ? null : { double: nano / 1e9 });

function runSpan(traced: Traced, started: Recorded<EventOf<"run.started">>): Span {
  const { events, run } = traced;
  const { end } = foldRun(events);
  const { published, reproduction } = fixFacts(events);
  const cost = shownCost(foldSpend(events));
  const ceiling = started.limits.usdNano;
  const last = newestOfChange(ofType(events, "suite.ran"));
  const decided = events.findLast(({ type }) => type.startsWith("approval."))?.type.slice("approval.".length);
  return span(traced, {
    from: started,
    to: events.at(-1) ?? started,
    name: `invoke_workflow ${started.workflow}`,
    attributes: {
      "gen_ai.operation.name": "invoke_workflow",
      "gen_ai.workflow.name": started.workflow,
      "claw.run.id": run,
      "claw.task.id": started.task,
      "claw.repo": started.repository,
      "claw.commit.base": started.base,
      "claw.commit.head": published.commit,
      "claw.policy.hash": started.manifest,
      "claw.cost.usd": usd(cost),
      "claw.cost.payer": started.initiator,
      "claw.budget.remaining_usd": usd(cost === null || ceiling === null ? null : Math.max(0, ceiling - cost)),
      "claw.egress.blocked": ofType(events, "egress.judged").filter(({ verdict }) => verdict === "deny").length,
      "claw.repro.verdict": reproduction ? "reproduced" : "not-reproduced",
      "claw.tests.passed": last?.passed,
      "claw.tests.failed": last?.failed,
      "claw.files.changed": changeOf(events)?.files,
      "claw.approval.state": decided ?? (end?.outcome === "waiting" ? "waiting" : "none"),
      "claw.outcome": end?.outcome,
    },
    error: end && end.outcome !== "proven" && end.outcome !== "done" ? end.outcome : undefined,
  });
}

/** The newest execution with the change, of the whole suite where there is one: the newest of all is the one without it. */
const newestOfChange = (suites: readonly EventOf<"suite.ran">[]): EventOf<"suite.ran"> | undefined =>
  suites.findLast(({ purpose }) => purpose === "suite-on-head") ??
  suites.findLast(({ purpose }) => purpose === "green-on-head") ??
  suites.at(-1);

function stageSpans(traced: Traced): Span[] {
  const { events } = traced;
  const finished = ofType(events, "stage.finished");
  return ofType(events, "stage.started").map((from, index, all) => {
    const next = all[index + 1];
    const to =
      finished.find(({ stage, seq }) => stage === from.stage && seq > from.seq) ?? next ?? events.at(-1) ?? from;
    return span(traced, {
      from,
      to,
      parent: events[0],
      name: `stage ${from.stage}`,
      attributes: { "claw.stage": from.stage },
    });
  });
}

function sessionSpans(traced: Traced): Span[] {
  const { events, run } = traced;
  return ofType(events, "session.started").flatMap((from) => {
    const own = events.filter((event) => "session" in event && event.session === from.session);
    const stage = ofType(events, "stage.started").findLast(({ seq }) => seq < from.seq);
    const ended = ofType(own, "session.ended").at(-1);
    const asked = askedIn(events, from);
    const session = span(traced, {
      from,
      to: own.at(-1) ?? from,
      parent: stage ?? events[0],
      name: `invoke_agent ${from.kind}`,
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": asked.endpoint,
        "gen_ai.agent.name": from.kind,
        "gen_ai.conversation.id": `${run}/${from.session}`,
        "gen_ai.prompt.name": from.kind,
        "claw.role": from.kind,
        "claw.prompt.template.hash": from.prompt,
      },
      error: ended && ended.reason !== "finished" ? ended.reason : undefined,
    });
    const place: Place = { traced, own, parent: from, asked };
    return [session, ...chatSpans(place), ...toolSpans(place)];
  });
}

/** A session, and who answers in it. */
interface Place {
  readonly traced: Traced;
  readonly own: readonly Recorded[];
  readonly parent: Recorded;
  readonly asked: Asked;
}

type Asked = Partial<Pick<EventOf<"model.described">, "endpoint" | "model" | "server" | "maxOutputTokens">>;

/** Who was asked in a session: a run may have moved on to another model than it began with. */
const askedIn = (events: readonly Recorded[], { seq }: Recorded): Asked =>
  ofType(events, "model.described").findLast((described) => described.seq < seq) ??
  foldRun(events).started?.model ??
  {};

/** Host and port of a server, apart. */
function addressOf(server: string | undefined): Attributes {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(server ?? "") ?? [];
  return host ? { "server.address": host, ...(port && { "server.port": Number(port) }) } : {};
}

const finishReasons = { calls: "tool_calls", end: "stop", length: "length", refusal: "content_filter" } as const;

function chatSpans({ traced, own, parent, asked }: Place): Span[] {
  const { endpoint, model, server, maxOutputTokens } = asked;
  return ofType(own, "model.requested").map((from) => {
    const next = own.find(({ seq, type }) => seq > from.seq && type.startsWith("model."));
    const reply = next?.type === "model.replied" ? next : null;
    const failed = next?.type === "model.failed" ? next : null;
    return span(traced, {
      from,
      to: reply ?? failed ?? from,
      parent,
      kind: 3,
      name: `chat ${model ?? "model"}`,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": endpoint,
        "gen_ai.request.model": model,
        "gen_ai.request.max_tokens": maxOutputTokens,
        "gen_ai.request.stream": (reply ?? failed)?.exchange?.streamed,
        ...addressOf(server),
        "claw.turn": from.turn,
        ...(reply && replied(reply)),
      },
      error: failed?.kind ?? (reply ? undefined : "interrupted"),
    });
  });
}

const replied = ({ usage, stop, servedModel, cost, firstByteMs, requestId }: EventOf<"model.replied">): Attributes => ({
  "gen_ai.response.model": servedModel,
  "gen_ai.response.finish_reasons": [finishReasons[stop]],
  "gen_ai.response.time_to_first_chunk": { double: firstByteMs / 1000 },
  "gen_ai.usage.input_tokens": usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite,
  "gen_ai.usage.output_tokens": usage.outputVisible + usage.outputReasoning,
  "gen_ai.usage.cache_read.input_tokens": usage.inputCacheRead,
  "gen_ai.usage.cache_creation.input_tokens": usage.inputCacheWrite,
  "gen_ai.usage.reasoning.output_tokens": usage.outputReasoning,
  "claw.cost.usd": usd(cost),
  "claw.request.id": requestId,
});

function toolSpans({ traced, own, parent }: Place): Span[] {
  const finished = ofType(own, "call.finished");
  return ofType(own, "call.judged").map((from) => {
    const done = finished.find(({ call, seq }) => call === from.call && seq > from.seq);
    return span(traced, {
      from,
      to: done ?? from,
      parent,
      name: `execute_tool ${from.tool}`,
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": from.tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": from.call,
        "claw.verdict": from.verdict,
        "claw.rule": from.rule,
        "claw.exit_code": done?.exitCode,
      },
      error: done ? (done.ok ? undefined : "tool_failed") : "interrupted",
    });
  });
}
