import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { type BurstRule, goesElsewhere } from "./burst.ts";
import { knownCapabilities } from "./capabilities.ts";
import { chooseModel, type MayContact } from "./choose.ts";
import type { Endpoint } from "./endpoint.ts";
import { guarded } from "./guarded.ts";
import { settledStanding } from "./drift/settled.ts";
import { refuseQuarantined, type Standing, standingOf } from "./drift/standing.ts";
import { connectKnown, type FirstUse } from "./known.ts";
import { boundsFor, type Change, limited } from "./limit/limited.ts";
import type { Rates } from "./limit/rate.ts";
import { rated } from "./limit/rated.ts";
import type { ConnectedModel } from "./model.ts";

/** Dollars that one run may spend when nothing else is said. */
const USD_PER_RUN = 2;

interface RunDesk {
  readonly change: Change;
  readonly clock: Clock;
  /** Keeps the key of an endpoint out of everything that is written, from its first use on. */
  readonly learn: (endpoint: Endpoint) => Promise<Endpoint>;
  /** Tells what takes time before a run begins, and ends it; without it nothing is tried out. */
  readonly firstUse?: FirstUse;
  /** Rejects where a repository does not let its words be sent. */
  readonly mayContact?: MayContact;
}

/**
 * The model of a run, with all that the configuration says about it: where code may go, how many requests a server of
 * one's own is sent at once, and where a run goes that would have to wait for it. A named model is that model.
 */
export async function connectForRun(config: Config, wish: string | undefined, desk: RunDesk): Promise<ConnectedModel> {
  const { clock, change, learn, mayContact, firstUse } = desk;
  const own = await chooseModel(config, wish, clock, mayContact);
  if (own.wire === "scripted") return connectKnown(config.home, own, clock);
  const most = mostAt(config, own);
  const standing = await settledStanding(own, { change, clock, firstUse });
  const burst = wish === undefined ? await burstFrom(config, own, { ...desk, quarantined: standing.quarantine }) : null;
  if (!burst) refuseQuarantined(`${own.name}/${own.model}`, standing);
  const chosen = await learn(burst?.to ?? own);
  const model = await connectKnown(config.home, chosen, clock, firstUse);
  const within = { change, clock, most: burst ? mostAt(config, chosen) : most };
  const placed = rated(limited(guarded(model, change, clock), chosen, within), chosen, {
    change,
    clock,
    rates: ratesAt(config, chosen),
  });
  return burst ? { ...placed, routed: { from: `${own.name}/${own.model}`, why: burst.why } } : placed;
}

const mostAt = ({ user }: Config, { name }: Endpoint): number | null => user.endpoints[name]?.concurrency ?? null;

function ratesAt({ user }: Config, { name }: Endpoint): Rates | null {
  const { requests = null, tokens = null } = user.endpoints[name]?.perMinute ?? {};
  return requests === null && tokens === null ? null : { requests, tokens };
}

async function burstFrom(
  config: Config,
  own: Endpoint,
  { change, clock, mayContact, quarantined }: RunDesk & { readonly quarantined: Standing["quarantine"] },
): Promise<{ readonly to: Endpoint; readonly why: string } | null> {
  const { burst, egress, budget } = config.user;
  if (!burst || egress === "local-only" || !own.selfHosted) return null;
  const to = await chooseModel(config, burst.to, clock);
  if (to.wire === "scripted") return null;
  const allowed = mayContact?.(`${to.name}/${to.model}`, to.selfHosted) ?? Promise.resolve();
  if (
    !(await allowed.then(
      () => true,
      () => false,
    ))
  )
    return null;
  const rule: BurstRule = {
    afterSeconds: burst.afterSeconds,
    usdPerHour: burst.usdPerHour,
    usdPerRun: budget.usd ?? USD_PER_RUN,
  };
  const bounds = boundsFor(await knownCapabilities(config.home, own), mostAt(config, own));
  if ((await standingOf(change, `${to.name}/${to.model}`)).quarantine !== null) return null;
  const why = await goesElsewhere(own, { change, clock, rule, bounds, unusable: quarantined?.why ?? null });
  return why === null ? null : { to, why };
}
