import type { Capabilities } from "../capabilities.ts";
import type { Endpoint } from "../endpoint.ts";
import { adviceFor, windowFlag } from "./advice.ts";
import { type Bench, failed, openBench, perSecond, type ProbeDesk, words } from "./bench.ts";
import { nothingKnown, serverFacts, templateHash } from "./facts.ts";
import { fixCommand, targetWords } from "./named.ts";
import { type Finding, inThousands, LEAST_WINDOW, ok, problem, skipped, warning } from "./finding.ts";
import { reach } from "./reach.ts";
import { callShape, note, oneCall, twoCalls, twoShape } from "./tools.ts";
import { measureWindow, type Window } from "./window.ts";

/** What was learned; the capability record is null when no model answered. */
export interface Probed {
  readonly findings: readonly Finding[];
  readonly capabilities: Capabilities | null;
}

/** The model was not named: the server's only one is meant. */
export const ANY_MODEL = "?";

/**
 * Tries a model server out, from the connection to the last token of context, one request at a time. Every fault of the
 * server becomes a line; only an abort of the signal throws.
 */
export async function probe(wanted: Endpoint, desk: ProbeDesk): Promise<Probed> {
  const findings: Finding[] = [];
  const tell = (...found: readonly Finding[]): void => {
    for (const one of found) {
      findings.push(one);
      desk.onFinding(one);
    }
  };
  desk.onStep(`asking ${wanted.baseUrl} for its models`);
  const { finding, models } = await reach(wanted, desk.signal);
  tell(finding);
  if (finding.level === "problem") return { findings, capabilities: null };
  const named = nameModel(wanted, models?.map(({ id }) => id) ?? null);
  if ("finding" in named) {
    tell(named.finding);
    return { findings, capabilities: null };
  }
  const { endpoint } = named;
  if (wanted.selfHosted) desk.onStep("asking the server about itself");
  const facts = wanted.selfHosted ? await serverFacts(endpoint, models ?? [], desk.signal) : nothingKnown;
  if (wanted.selfHosted) tell(...adviceFor(facts, endpoint).filter(({ check }) => check === "server"));

  const bench = await openBench(endpoint, facts, desk);
  tell(bench.price);
  const spoken = await speak(bench);
  tell(...spoken.findings);
  if (!spoken.reply) return { findings, capabilities: null };
  const called = await callTools(bench);
  tell(...called.findings);
  const seen = await measureWindow(bench);
  tell(...seen.findings, ...speedFindings(seen.prefill, spoken.decode));
  const record = capabilitiesOf(bench, { spoken, called, seen, findings });
  tell(verdict(record, bench));
  return { findings, capabilities: { ...record, problems: problemsIn(findings) } };
}

const problemsIn = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level === "problem").map(({ check, text }) => `${check}: ${text}`);

/** The endpoint with the model that is asked; or why there is none. */
function nameModel(
  endpoint: Endpoint,
  served: readonly string[] | null,
): { readonly endpoint: Endpoint } | { readonly finding: Finding } {
  const { model } = endpoint;
  if (served === null)
    return model === ANY_MODEL
      ? {
          finding: problem(
            "model",
            "the server lists no models",
            `say which: claw models probe ${targetWords(endpoint, "<model>")}`,
          ),
        }
      : { endpoint };
  const [only] = served;
  if (model === ANY_MODEL)
    return only !== undefined && served.length === 1
      ? { endpoint: { ...endpoint, model: only } }
      : {
          finding: problem(
            "model",
            `it serves ${served.length} models`,
            `say which: claw models probe ${targetWords(endpoint, "<model>")}, one of ${served.slice(0, 8).join(", ")}`,
          ),
        };
  if (served.includes(model) || served.includes(`${model}:latest`)) return { endpoint };
  return {
    finding: problem(
      "model",
      `it does not serve ${model}`,
      `choose one that it serves: ${served.slice(0, 8).join(", ")}`,
    ),
  };
}

async function speak(bench: Bench) {
  const { endpoint, desk } = bench;
  desk.onStep(`asking ${endpoint.model} to count`);
  try {
    const reply = await bench.ask(words("Count from 1 to 60 in digits, separated by spaces. Nothing else."), {
      max: 2_000,
    });
    const { usage, servedModel, ms, firstByteMs, message } = reply;
    const findings = [
      ok(
        "reply",
        `a complete stream, first byte after ${Math.round(firstByteMs)} ms, whole after ${Math.round(ms)} ms`,
      ),
    ];
    if (message.text.trim() === "")
      findings.splice(0, 1, warning("reply", "complete, and empty", "look at the model's chat template"));
    if (servedModel !== "" && servedModel !== endpoint.model && !servedModel.startsWith(endpoint.model))
      findings.push(
        warning(
          "served model",
          `asked for ${endpoint.model}, ${servedModel} answered`,
          "name the model as the server does",
        ),
      );
    if (usage.source === "estimated")
      findings.push(
        warning(
          "usage",
          "the server reports no token counts: they are estimated",
          "let it report usage in streams (stream_options.include_usage)",
        ),
      );
    const decode = perSecond(usage.outputVisible + usage.outputReasoning, ms - firstByteMs);
    return { reply, findings, decode };
  } catch (error) {
    return { reply: null, findings: [failed("reply", error, bench)], decode: null };
  }
}

async function callTools(bench: Bench) {
  const { endpoint, desk, facts } = bench;
  const none = { toolCalls: "none" as const, validJson: null, parallel: null };
  desk.onStep(`asking ${endpoint.model} for a tool call`);
  try {
    const shape = callShape(await bench.ask(words(oneCall), { tools: [note], max: 4_000 }), facts.kind);
    if (shape.toolCalls === "none") return { ...none, findings: [shape.finding] };
    desk.onStep(`asking ${endpoint.model} for two calls at once`);
    const two = await bench
      .ask(words(twoCalls), { tools: [note], max: 4_000 })
      .then(twoShape, (error: unknown) => ({ finding: failed("parallel calls", error, bench), parallel: false }));
    return { ...shape, parallel: two.parallel, findings: [shape.finding, two.finding] };
  } catch (error) {
    return { ...none, findings: [failed("tool call", error, bench)] };
  }
}

function speedFindings(prefill: number | null, decode: number | null): readonly Finding[] {
  const parts = [prefill && `reads ${prefill} tokens/s`, decode && `writes ${decode} tokens/s`].filter(Boolean);
  if (parts.length === 0) return [skipped("speed", "too quick, or not counted by the server")];
  const slow = decode !== null && decode < 10;
  return [
    slow
      ? warning(
          "speed",
          parts.join(", "),
          "a turn of 1,000 tokens takes minutes: raise --timeout, or use a smaller model",
        )
      : ok("speed", parts.join(", ")),
  ];
}

interface Learned {
  readonly spoken: Awaited<ReturnType<typeof speak>>;
  readonly called: Awaited<ReturnType<typeof callTools>>;
  readonly seen: Window;
  readonly findings: readonly Finding[];
}

function capabilitiesOf(
  { endpoint, facts, desk, perMillion }: Bench,
  { spoken, called, seen, findings }: Learned,
): Capabilities {
  const { declared, probed, used } = seen;
  return {
    version: 1,
    at: desk.clock.now(),
    endpoint: endpoint.name,
    baseUrl: endpoint.baseUrl,
    model: endpoint.model,
    wire: endpoint.wire,
    server: { kind: facts.kind, version: facts.version, template: templateHash(facts) },
    servedModel: spoken.reply?.servedModel || null,
    window: { declared, probed, used },
    toolCalls: called.toolCalls,
    parallelCalls: called.parallel,
    validJson: called.validJson,
    streams: spoken.reply !== null,
    reportsUsage: spoken.reply?.usage.source === "provider",
    prefill: seen.prefill,
    decode: spoken.decode,
    priceKnown: perMillion !== null,
    slots: facts.slots,
    kvTokens: facts.kvTokens,
    metrics: facts.gauges?.kind ?? null,
    problems: problemsIn(findings),
  };
}

/** Can `claw fix` work with it? */
function verdict({ window: { used }, toolCalls, problems }: Capabilities, { endpoint, facts }: Bench): Finding {
  if (toolCalls === "none") return problem("fix", "cannot work with this model: it makes no tool calls", "see above");
  if (used !== null && used < LEAST_WINDOW)
    return problem(
      "fix",
      `refuses a window of ${inThousands(used)} tokens: it needs ${inThousands(LEAST_WINDOW)}`,
      windowFlag(facts.kind, endpoint.model, facts.slots),
    );
  const command = fixCommand(endpoint, endpoint.model);
  return problems.length > 0
    ? warning("fix", `will have trouble with it, as said above: ${command}`)
    : ok("fix", `can work with it: ${command}`);
}
