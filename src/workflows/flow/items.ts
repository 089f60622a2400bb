import { z } from "zod";
import { plural } from "../../text.ts";
import { type FlowStep, moreItems } from "../../policy/flow-file.ts";
import { lookUp, wholeReference } from "../../policy/flow-values.ts";
import type { RunEnd } from "../workflow.ts";
import { nothingTaken } from "./ends.ts";
import { doRun, mayGoOn, type StepOrPause } from "./child-run.ts";
import { isGood, recordedResult, recordResult, scopeOf, type StepResult, type Tale } from "./tale.ts";

/**
 * Does a step for each item, in their order. One that waits for a person does not keep the others from being done; the flow
 * then waits. The step's outcome is that of the first item that did not come to what was asked for.
 */
export async function doItems(tale: Tale, step: FlowStep): Promise<StepOrPause> {
  const items = await itemsOf(tale, step);
  const results: StepResult[] = [];
  let waits: RunEnd | null = null;
  for (const [at, item] of items.slice(0, step.at_most).entries()) {
    const result = await oneItem(tale, step, { item, index: at + 1 });
    if ("end" in result) {
      if (result.end.outcome !== "waiting") return result;
      waits ??= result.end;
      continue;
    }
    results.push(result);
    if (!mayGoOn(step, result.outcome)) return together(tale, step, { results, wanted: items.length, stopped: true });
  }
  return waits ? { end: waits } : together(tale, step, { results, wanted: items.length, stopped: false });
}

async function oneItem(
  tale: Tale,
  step: FlowStep,
  at: { readonly item: unknown; readonly index: number },
): Promise<StepOrPause> {
  const name = `${step.id}[${at.index}]`;
  const done = await recordedResult(tale, name);
  if (done) {
    tale.taken.push(done);
    return done;
  }
  tale.desk.signal.throwIfAborted();
  await tale.desk.log.append({ type: "stage.started", stage: name });
  return doRun(tale, { step, name, scope: { ...scopeOf(tale), ...at } });
}

/** The items as they are on record. */
async function itemsOf(tale: Tale, { id, for_each: each }: FlowStep): Promise<readonly unknown[]> {
  const { desk, lines, flow, results } = tale;
  if (typeof each === "string") {
    const reference = wholeReference(each);
    return List.safeParse(reference && lookUp(reference, scopeOf(tale))).data ?? [];
  }
  if (each !== undefined && "again" in each) {
    const earlier = flow.steps.find((step) => step.id === each.again);
    const ended = z.array(Ended).safeParse(results.get(each.again)?.outputs["items"]).data ?? [];
    const items = earlier ? await itemsOf(tale, earlier) : [];
    return items.filter((_, at) => each.outcome.includes(ended[at]?.outcome as (typeof each.outcome)[number]));
  }
  const read = lines[id];
  return read ? List.parse(JSON.parse(await desk.log.text(read.items))) : [];
}

const List = z.array(z.unknown());
const Ended = z.object({ outcome: z.string() });

interface Done {
  readonly results: readonly StepResult[];
  /** Items there are, also those that at_most leaves out. */
  readonly wanted: number;
  /** The last of them keeps the others from being done. */
  readonly stopped: boolean;
}

async function together(
  tale: Tale,
  { id, at_most: most }: FlowStep,
  { results, wanted, stopped }: Done,
): Promise<StepResult> {
  const done = await recordedResult(tale, id);
  if (done) return done;
  const good = results.filter(({ outcome }) => isGood(outcome)).length;
  const wrong = stopped ? results.at(-1) : results.find(({ outcome }) => !isGood(outcome));
  const beyond = stopped ? 0 : Math.max(0, wanted - most);
  const outcome = wanted === 0 ? "skipped" : beyond > 0 ? "over-budget" : (wrong?.outcome ?? "done");
  const reason = [
    wanted === 0 ? "there are no items" : `${good} of ${plural(wanted, "item")} came to what was asked for`,
    ...(wrong ? [`the first that did not: ${wrong.outcome}, ${wrong.reason}`] : []),
    ...(beyond > 0 ? [`${beyond} left out, because at_most is ${most}`] : []),
  ].join("; ");
  const nano = results.reduce<number | null>(
    (sum, { usdNano }) => (sum === null || usdNano === null ? null : sum + usdNano),
    0,
  );
  await tale.desk.log.append({ type: "stage.started", stage: id });
  return recordResult(tale, id, {
    ...nothingTaken,
    outcome,
    reason,
    hint: wrong?.hint ?? (beyond > 0 ? `${moreItems(most)}, in another run` : ""),
    outputs: {
      outcome,
      reason,
      cost_usd: nano === null ? null : nano / 1e9,
      items: results.map(({ outputs }) => outputs),
      count: results.length,
      good,
    },
  });
}
