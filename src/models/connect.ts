import type { Clock } from "../clock.ts";
import { providers } from "./all.ts";
import { checkAddress, type ModelChoice } from "./endpoint.ts";
import type { ConnectedModel } from "./model.ts";

/** Prepares the chosen model. No request is sent: an endpoint that is down shows on the first question. */
export async function connectModel(choice: ModelChoice, clock: Clock): Promise<ConnectedModel> {
  if (choice.wire === "scripted") return (await providers.scripted())(choice, clock);
  checkAddress(choice.baseUrl);
  const connect = await providers[choice.wire]();
  return connect(choice, clock);
}
