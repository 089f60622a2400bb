import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { knownCapabilities } from "./capabilities.ts";
import { chooseModel } from "./choose.ts";
import { boundsFor, type Change, placesKey } from "./limit/limited.ts";
import { placesLeft } from "./limit/places.ts";

/**
 * How many more requests the server of the usual model takes right now, by the places that all claw processes share. Null
 * where that is nobody's to say: in the cloud, where limits say themselves when to wait, and where no model is configured.
 */
export async function headroom(
  config: Config,
  { change, clock }: { readonly change: Change; readonly clock: Clock },
): Promise<number | null> {
  const endpoint = await chooseModel(config, undefined, clock).catch(() => null);
  if (!endpoint || endpoint.wire === "scripted" || !endpoint.selfHosted) return null;
  const most = config.user.endpoints[endpoint.name]?.concurrency ?? null;
  const bounds = boundsFor(await knownCapabilities(config.home, endpoint), most);
  return change(placesKey(endpoint), (body) => placesLeft(body, clock.now(), bounds));
}
