import type { Clock } from "../clock.ts";
import { UsageError } from "../errors.ts";
import { knownCapabilities } from "./capabilities.ts";
import { connectModel } from "./connect.ts";
import type { Endpoint, ModelChoice } from "./endpoint.ts";
import type { ConnectedModel } from "./model.ts";
import { windowFlag } from "./probe/advice.ts";
import { listedWindow } from "./probe/catalogue.ts";
import { readModelList, serverFacts, type ServerKind } from "./probe/facts.ts";
import { inThousands, LEAST_WINDOW } from "./probe/finding.ts";
import { look } from "./probe/look.ts";

/** Connects the chosen model with what is known of it: the record of its last probe, else the catalogue's context length. */
export async function connectKnown(home: string, choice: ModelChoice, clock: Clock): Promise<ConnectedModel> {
  const model = await connectModel(choice, clock);
  if (choice.wire === "scripted") return model;
  const capabilities = await knownCapabilities(home, choice);
  const window =
    capabilities?.window.used ?? (choice.selfHosted ? await toldWindow(choice) : await listedWindow(choice));
  return { ...model, capabilities, window };
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
