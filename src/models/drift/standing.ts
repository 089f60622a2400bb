import { z } from "zod";
import { ClawError } from "../../errors.ts";
import type { HealthSample } from "../../views/health.ts";
import { advance, Track, type Watching } from "./cusum.ts";

// What runs of this installation say about one model at one endpoint, over time, as pure functions over a note that all
// processes share. It can be forgotten at any time: then it is learnt anew.

const Standing = z.object({
  tracks: z.record(z.string(), Track).default({}),
  /** Runs that were looked at. */
  runs: z.int().default(0),
  /** Who answered last, as the server names itself. */
  installation: z.string().default(""),
  /** The first set of canary questions that was asked, and the last. */
  canaries: z
    .object({
      at: z.number(),
      of: z.int(),
      first: z.int(),
      last: z.int(),
      installation: z.string(),
      server: z.string(),
    })
    .nullable()
    .default(null),
  /** No run begins with it: since when, in milliseconds since the epoch, and why. */
  quarantine: z.object({ at: z.number(), why: z.string() }).nullable().default(null),
});
export type Standing = z.infer<typeof Standing>;

/** Changes the note under a key in one step, whoever else does: `Notes` of the store. */
export type Change = <T>(
  key: string,
  next: (body: string | null) => { readonly body: string | null; readonly result: T },
) => Promise<T>;

/** The note of a model, by "<endpoint>/<model>". */
const keyOf = (model: string): string => `drift:${model}`;

/** A note that cannot be read is none. */
function read(body: string | null): Standing {
  if (body === null) return Standing.parse({});
  try {
    return Standing.parse(JSON.parse(body));
  } catch {
    return Standing.parse({});
  }
}

const percent = (value: number): string => `${Math.round(100 * value)} %`;
const amount = (value: number): string => String(Math.round(Math.exp(value)));

interface Figure extends Watching {
  readonly of: (sample: HealthSample) => number | null;
  readonly what: string;
  readonly shown: (value: number) => string;
}

const logarithm = (value: number | null): number | null => (value === null || value <= 0 ? null : Math.log(value));

/** What is watched. Amounts are compared by their logarithms: twice as much is as odd as half. */
const figures: Readonly<Record<string, Figure>> = {
  malformed: {
    of: ({ malformed }) => malformed,
    wrong: "up",
    scatter: 0.08,
    forgiven: 1,
    what: "calls that cannot be read",
    shown: percent,
  },
  wordless: {
    of: ({ wordless }) => wordless,
    wrong: "up",
    scatter: 0.08,
    forgiven: 1,
    what: "replies without a call",
    shown: percent,
  },
  length: {
    of: ({ tokensPerReply }) => logarithm(tokensPerReply),
    wrong: "both",
    scatter: 0.3,
    forgiven: 1,
    what: "tokens in a reply",
    shown: amount,
  },
  speed: {
    of: ({ tokensPerSecond }) => logarithm(tokensPerSecond),
    wrong: "down",
    scatter: 0.3,
    forgiven: 1,
    what: "tokens written in a second",
    shown: amount,
  },
  // One run is a yes or a no: nothing scatters more, and several in a row are needed.
  proven: {
    of: ({ proven }) => (proven === null ? null : Number(proven)),
    wrong: "down",
    scatter: 0.5,
    forgiven: 0.9,
    what: "fixes that were proven",
    shown: percent,
  },
};

/** Adds one run to a standing. The first figure that drifted away puts the model in quarantine. Pure. */
export function observed(standing: Standing, sample: HealthSample, at: number): Standing {
  const tracks = { ...standing.tracks };
  const alarms: string[] = [];
  for (const [name, figure] of Object.entries(figures)) {
    const value = figure.of(sample);
    if (value === null) continue;
    const { track, alarm } = advance(tracks[name], value, figure);
    tracks[name] = alarm ? { ...track, up: 0, down: 0 } : track;
    if (alarm) alarms.push(`${figure.what}: ${figure.shown(alarm.was)} before, ${figure.shown(alarm.now)} of late`);
  }
  const why = alarms.join("; ");
  return {
    ...standing,
    tracks,
    runs: standing.runs + 1,
    installation: sample.installation || standing.installation,
    quarantine: standing.quarantine ?? (why === "" ? null : { at, why }),
  };
}

/** Fewer right answers than at first, by so many of the set, put a model in quarantine. */
const MOST_LOST = 2;

/** How one set of canary questions went. */
export interface CanaryResult {
  readonly of: number;
  readonly passed: number;
  readonly installation: string;
  /** The server's version and templates, as far as it tells them. */
  readonly server: string;
}

/** Adds a set of canary questions to a standing: the first one is what later ones are compared with. Pure. */
export function withCanaries(
  standing: Standing,
  { of, passed, installation, server }: CanaryResult,
  at: number,
): Standing {
  const first = standing.canaries?.of === of ? standing.canaries.first : passed;
  const why = `canary questions: ${first} of ${of} right at first, ${passed} now`;
  return {
    ...standing,
    installation: installation || standing.installation,
    canaries: { at, of, first, last: passed, installation, server },
    quarantine: standing.quarantine ?? (passed <= first - MOST_LOST ? { at, why } : null),
  };
}

const CANARY_HOURS = 6;

/** Why canary questions should be asked again; null: not now, or never asked before. `server` is null when nobody looked. */
export function canariesDue({ canaries, installation }: Standing, now: number, server: string | null): string | null {
  if (canaries === null) return null;
  if (Math.abs(now - canaries.at) >= CANARY_HOURS * 3_600_000) return `asked more than ${CANARY_HOURS} hours ago`;
  if (installation !== "" && installation !== canaries.installation) return "another installation answers since";
  return server !== null && server !== canaries.server ? "the server or its templates changed since" : null;
}

/** What is known of a model. */
export const standingOf = (change: Change, model: string): Promise<Standing> =>
  change(keyOf(model), (body) => ({ body, result: read(body) }));

/** The note of all models that there is a note of, as a list of names. */
const INDEX = "drift";
const Names = z.array(z.string());

function names(body: string | null): readonly string[] {
  try {
    return body === null ? [] : Names.parse(JSON.parse(body));
  } catch {
    return [];
  }
}

/** The models that something is known of. */
export const knownModels = (change: Change): Promise<readonly string[]> =>
  change(INDEX, (body) => ({ body, result: names(body) }));

/** Changes what is known of a model, and gives the new standing. */
export async function revise(change: Change, model: string, next: (standing: Standing) => Standing): Promise<Standing> {
  await change(INDEX, (body) => {
    const known = names(body);
    return { body: known.includes(model) ? body : JSON.stringify([...known, model].toSorted()), result: null };
  });
  return change(keyOf(model), (body) => {
    const standing = next(read(body));
    return { body: JSON.stringify(standing), result: standing };
  });
}

/** Takes a model out of quarantine: all that was learnt of it is forgotten. False when it was in none. */
export const lift = (change: Change, model: string): Promise<boolean> =>
  change(keyOf(model), (body) =>
    read(body).quarantine === null ? { body, result: false } : { body: null, result: true },
  );

/** The end of a run that would begin with a model in quarantine. */
export function refuseQuarantined(model: string, { quarantine }: Standing): void {
  if (quarantine === null) return;
  const since = new Date(quarantine.at).toISOString().slice(0, 16).replace("T", " ");
  throw new ClawError(`${model} is in quarantine since ${since} UTC: ${quarantine.why}`, {
    outcome: "model-unavailable",
    hint: `look at its server (claw models probe ${model}), then: claw models lift ${model}; or choose another --model`,
  });
}
