import type { Clock } from "../clock.ts";
import { admit, settle, type Result } from "./breaker.ts";
import type { ConnectedModel } from "./model.ts";
import { ModelError } from "./model-error.ts";

/** Changes the note under a key in one step, whoever else does: `Notes` of the store. */
type Change = <T>(key: string, next: (body: string | null) => { body: string | null; result: T }) => Promise<T>;

/**
 * The same model behind a breaker for its endpoint and name, whose state all processes share. While it is open nothing is
 * sent, and the failure says until when. Overload and limits are no faults: they are waited for.
 */
export function guarded(model: ConnectedModel, change: Change, clock: Pick<Clock, "now">): ConnectedModel {
  const { info } = model;
  if (info.wire === "scripted") return model;
  const key = `breaker:${info.endpoint}/${info.model}`;
  const note = (result: Result) => change(key, (body) => settle(body, clock.now(), result));
  return {
    ...model,
    async ask(...question) {
      const { until } = await change(key, (body) => admit(body, clock.now()));
      if (until !== null) throw refusal(info, until - clock.now(), until);
      try {
        const reply = await model.ask(...question);
        await note("answer");
        return reply;
      } catch (error) {
        await note(error instanceof ModelError && error.isFault ? "fault" : "neither");
        throw error;
      }
    },
  };
}

function refusal({ endpoint, model }: ConnectedModel["info"], afterMs: number, until: number): ModelError {
  const at = new Date(until).toISOString().slice(11, 19);
  const message = `${endpoint} failed several requests for ${model} just now: nothing is sent there until ${at} UTC`;
  return new ModelError("circuit_open", message, { where: { name: endpoint, baseUrl: "", model }, afterMs });
}
