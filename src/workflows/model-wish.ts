import { ClawError, UsageError } from "../errors.ts";
import type { EventOf } from "../ledger/events.ts";
import { refuseCloud } from "../models/egress.ts";
import type { ConnectedModel } from "../models/model.ts";
import type { Manifest } from "../policy/manifest.ts";
import { tierNow } from "../views/tiers.ts";
import { grantedBudgets, refuseUnpriced } from "./budget.ts";
import type { House, Parts } from "./start.ts";
import type { WorkDesk } from "./workflow.ts";

/** No model is asked; `label` names what works in its place, null where nothing does. */
interface NoModel {
  readonly label: string | null;
}

/** Whose words a run works with: as written by the user, by default (undefined), or nobody's. */
export type ModelWish = string | undefined | NoModel;

/** The model that is wished for; null when none is. */
export const wishedModel = (
  house: Pick<House, "connect">,
  wish: ModelWish,
  manifest: Manifest | Promise<Manifest>,
): Promise<ConnectedModel> | null => {
  if (typeof wish === "object") return null;
  const model = connectAllowed(house, wish, manifest);
  // Its failure is told where it is awaited, not as an unhandled rejection before.
  model.catch(() => {});
  return model;
};

/** Connects a model that the repository lets its words be sent to; no other server is asked for anything before that is known. */
export async function connectAllowed(
  house: Pick<House, "connect">,
  choice: string | undefined,
  manifest: Manifest | Promise<Manifest>,
): Promise<ConnectedModel> {
  const refuse = async (label: string, selfHosted: boolean): Promise<void> => {
    if ((await manifest).egress === "local-only") refuseCloud(label, selfHosted, "claw.yaml");
  };
  const model = await house.connect(choice, refuse);
  await refuse(model.info.label, model.info.selfHosted);
  return model;
}

/** The models of a run: the one it works with now, by its record, and any other that the user allows. */
export function modelsOf(
  house: House,
  { log, manifest, limits, model }: Pick<Parts, "log" | "manifest" | "limits" | "model">,
): Pick<WorkDesk, "model" | "connect"> {
  const connected = new Map<string, Promise<ConnectedModel>>();
  const priced = async (choice: string): Promise<ConnectedModel> => {
    const found = await connectAllowed(house, choice, manifest);
    refuseUnpriced(found, grantedBudgets(house.budgets, manifest, limits), house.clock.now());
    return found;
  };
  const connect = (choice: string): Promise<ConnectedModel> => {
    const known = connected.get(choice) ?? priced(choice);
    connected.set(choice, known);
    return known;
  };
  return {
    connect,
    model() {
      const { current } = tierNow(log.events);
      return (current === null ? model() : connect(current)).catch(unsettled);
    },
  };
}

/** A setting that is missing today, in another shell, ends no run that was begun with it: it goes on once that is back. */
function unsettled(error: unknown): never {
  if (!(error instanceof UsageError)) throw error;
  throw new ClawError(error.message, { outcome: "model-unavailable", hint: error.hint, cause: error });
}

/** Who answers, for the record. */
export function whoAnswers(wish: ModelWish, connected: ConnectedModel | null): EventOf<"run.started">["model"] {
  if (typeof wish === "object" || !connected) {
    const label = typeof wish === "object" ? wish.label : null;
    return label === null ? null : { choice: null, endpoint: "search", model: label, wire: NO_WIRE, label };
  }
  const { endpoint, model, wire, label } = connected.info;
  return { choice: wish ?? null, endpoint, model, wire, label };
}

/** Nothing is sent anywhere. */
const NO_WIRE = "none";

/** Does the run that began so ask a model? */
export const asksModel = ({ model }: EventOf<"run.started">): boolean => model !== null && model.wire !== NO_WIRE;

/** What a run without a model has in its place. */
export const noModel = (): Promise<never> =>
  Promise.reject(
    new UsageError(
      "this run was started without a model",
      "start one with --model, or set OPENAI_API_KEY or ANTHROPIC_API_KEY",
    ),
  );
