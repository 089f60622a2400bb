import type { Clock } from "../clock.ts";
import { UsageError } from "../errors.ts";
import { type Capabilities, keepCapabilities, knownCapabilities } from "./capabilities.ts";
import { connectModel } from "./connect.ts";
import type { Endpoint, ModelChoice } from "./endpoint.ts";
import type { ConnectedModel } from "./model.ts";
import { unknownPace } from "./pace.ts";
import { windowFlag } from "./probe/advice.ts";
import { listedWindow } from "./probe/catalogue.ts";
import { readModelList, serverFacts, type ServerKind } from "./probe/facts.ts";
import { inThousands, LEAST_WINDOW } from "./probe/finding.ts";
import { look } from "./probe/look.ts";

/**
 * Connects the chosen model with what is known of it: the record of its last probe, else the catalogue's context length.
 * With `firstUse`, a server that cuts prompts silently is tried out before its first run.
 */
export async function connectKnown(
  home: string,
  choice: ModelChoice,
  clock: Clock,
  firstUse?: FirstUse,
): Promise<ConnectedModel> {
  if (choice.wire === "scripted") return connectModel(choice, clock);
  const capabilities =
    (await knownCapabilities(home, choice)) ??
    (firstUse && choice.selfHosted ? await tryOut(home, choice, clock, firstUse) : null);
  const model = await connectModel(withPace(choice, capabilities), clock);
  const window =
    capabilities?.window.used ?? (choice.selfHosted ? await toldWindow(choice) : await listedWindow(choice));
  return { ...model, capabilities, window };
}

/** A request's deadlines begin with the speed that the last probe saw. */
function withPace(endpoint: Endpoint, capabilities: Capabilities | null): Endpoint {
  if (!capabilities) return endpoint;
  const { prefill, decode } = capabilities;
  return { ...endpoint, pace: { ...unknownPace, prefill, decode } };
}

/** How long a server may take to say how much context it has; a run does not wait longer for that. */
const PATIENCE_MS = 1_500;
/** Who owns models by what these servers list; they tell their context elsewhere. */
const tellElsewhere: ReadonlySet<string> = new Set(["library", "llamacpp", "organization_owner"]);

/** The context length of a model that was never probed, as its server tells it; null when it does not, or is not there. */
async function toldWindow(endpoint: Endpoint): Promise<number | null> {
  const signal = AbortSignal.timeout(2 * PATIENCE_MS);
  try {
    const seen = await look(endpoint, { path: "/models", limitMs: PATIENCE_MS, signal });
    const own = readModelList(seen.json)?.find(({ id }) => id === endpoint.model);
    if (!own || own.window !== null || !tellElsewhere.has(own.owner ?? "")) return own?.window ?? null;
    return (await serverFacts(endpoint, [own], signal)).window;
  } catch {
    return null;
  }
}

/** What a first use is told to, and stopped by. */
export interface FirstUse {
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Servers that answer a prompt that does not fit as if it did. */
const cutsSilently: ReadonlySet<ServerKind> = new Set(["ollama", "lmstudio"]);
/** The longest that one request of a first use may take. */
const FIRST_USE_MS = 120_000;

/** Probes a model that its server may cut prompts for, and keeps what that finds; null for every other server, and for one that is not there. */
async function tryOut(
  home: string,
  endpoint: Endpoint,
  clock: Clock,
  { note, signal }: FirstUse,
): Promise<Capabilities | null> {
  const seen = await look(endpoint, { path: "/models", limitMs: PATIENCE_MS, signal }).catch(() => null);
  const listed = readModelList(seen?.json) ?? [];
  const own = listed.find(({ id }) => id === endpoint.model || id === `${endpoint.model}:latest`);
  if (!own || !tellElsewhere.has(own.owner ?? "")) return null;
  const { kind, window } = await serverFacts(endpoint, listed, signal);
  if (!cutsSilently.has(kind) || (window !== null && window < LEAST_WINDOW)) return null;
  note(`first use of ${endpoint.name}/${endpoint.model}: trying out how much context it really reads, once`);
  const { probe } = await import("./probe/probe.ts");
  const quiet = { onStep: () => undefined, onFinding: () => undefined };
  const { capabilities } = await probe(endpoint, {
    clock,
    signal,
    patienceMs: FIRST_USE_MS,
    context: null,
    ...quiet,
  });
  if (capabilities) await keepCapabilities(home, capabilities);
  return capabilities;
}

/** A session in a small context loses what it has read before it can use it: refused before anything is spent. */
export function refuseSmallWindow({ info, capabilities, window }: ConnectedModel): void {
  if (window === null || window === undefined || window >= LEAST_WINDOW) return;
  const flag = capabilities
    ? windowFlag(capabilities.server.kind as ServerKind, info.model, capabilities.slots)
    : "choose a model with a larger context";
  throw new UsageError(
    `the context of ${info.label} is ${inThousands(window)} tokens; a fix needs ${inThousands(LEAST_WINDOW)}`,
    capabilities ? `${flag}; then: claw models probe ${info.label}` : flag,
  );
}
