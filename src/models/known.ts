import type { Clock } from "../clock.ts";
import { UsageError } from "../errors.ts";
import { knownCapabilities } from "./capabilities.ts";
import { connectModel } from "./connect.ts";
import type { ModelChoice } from "./endpoint.ts";
import type { ConnectedModel } from "./model.ts";
import { windowFlag } from "./probe/advice.ts";
import { listedWindow } from "./probe/catalogue.ts";
import type { ServerKind } from "./probe/facts.ts";
import { inThousands, LEAST_WINDOW } from "./probe/finding.ts";

/** Connects the chosen model with what is known of it: the record of its last probe, else the catalogue's context length. */
export async function connectKnown(home: string, choice: ModelChoice, clock: Clock): Promise<ConnectedModel> {
  const model = await connectModel(choice, clock);
  if (choice.wire === "scripted") return model;
  const capabilities = await knownCapabilities(home, choice);
  const window = capabilities?.window.used ?? (await listedWindow(choice));
  return { ...model, capabilities, window };
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
