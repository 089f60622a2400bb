import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../errors.ts";
import { type BurstRule, goesElsewhere } from "./burst.ts";
import { knownCapabilities } from "./capabilities.ts";
import { chooseModel } from "./choose.ts";
import type { Endpoint, ModelChoice } from "./endpoint.ts";
import { connectKnown } from "./known.ts";
import { boundsFor, type Change, limited } from "./limit/limited.ts";
import type { ConnectedModel } from "./model.ts";

/** Dollars that one run may spend when nothing else is said. */
const USD_PER_RUN = 2;

interface RunDesk {
  readonly change: Change;
  readonly clock: Clock;
  /** Keeps the key of an endpoint out of everything that is written, from its first use on. */
  readonly learn: (endpoint: Endpoint) => Promise<Endpoint>;
}

/**
 * The model of a run, with all that the configuration says about it: where code may go, how many requests a server of
 * one's own is sent at once, and where a run goes that would have to wait for it. A named model is that model.
 */
export async function connectForRun(config: Config, wish: string | undefined, desk: RunDesk): Promise<ConnectedModel> {
  const { clock, change, learn } = desk;
  const own = await chooseModel(config, wish, clock);
  refuseEgress(config, own);
  if (own.wire === "scripted") return connectKnown(config.home, own, clock);
  const most = mostAt(config, own);
  const burst = wish === undefined ? await burstFrom(config, own, desk) : null;
  const chosen = await learn(burst?.to ?? own);
  const model = await connectKnown(config.home, chosen, clock);
  const placed = limited(model, chosen, { change, clock, most: burst ? mostAt(config, chosen) : most });
  return burst ? { ...placed, routed: { from: `${own.name}/${own.model}`, why: burst.why } } : placed;
}

const mostAt = ({ user }: Config, { name }: Endpoint): number | null => user.endpoints[name]?.concurrency ?? null;

/** `egress: local-only` is absolute: no flag and no variable sends code off the network. */
function refuseEgress({ user }: Config, choice: ModelChoice): void {
  if (user.egress !== "local-only" || choice.wire === "scripted" || choice.selfHosted) return;
  throw new UsageError(
    `${choice.name}/${choice.model} is not on your network, and config.yaml says egress: local-only`,
    "choose a model of your own server, or change egress in config.yaml",
  );
}

async function burstFrom(
  config: Config,
  own: Endpoint,
  { change, clock }: RunDesk,
): Promise<{ readonly to: Endpoint; readonly why: string } | null> {
  const { burst, egress, budget } = config.user;
  if (!burst || egress === "local-only" || !own.selfHosted) return null;
  const to = await chooseModel(config, burst.to, clock);
  if (to.wire === "scripted") return null;
  const rule: BurstRule = {
    afterSeconds: burst.afterSeconds,
    usdPerHour: burst.usdPerHour,
    usdPerRun: budget.usd ?? USD_PER_RUN,
  };
  const bounds = boundsFor(await knownCapabilities(config.home, own), mostAt(config, own));
  const why = await goesElsewhere(own, { change, clock, rule, bounds });
  return why === null ? null : { to, why };
}
