import type { Sha } from "./events.ts";

/**
 * Keys under which events, and the outputs of stages in them, name bodies. Hashes under other keys are of things that
 * lie elsewhere: prompt files, commits, trees.
 */
const keys =
  "args|body|diff|digest|edits|failing|handover|manifest|message|notes|output|pack|patch|report|result|role|said|suspects|text|tools|verdicts";

/** A key and a hash. Within a text of somebody else's both would have escaped quotes, so they are never mistaken for it. */
const named = new RegExp(`"(?:${keys})":"([0-9a-f]{64})"`, "g");

/** Hashes of prompt files, by names that may be the same as keys of bodies. */
const prompts = /"prompts":\{[^{}]*\}/;

/** The event says of its prompt files that they are bodies: earlier releases kept their hashes only. */
const kept = '"promptsKept":true';

/** The bodies that an event names, from its stored text: also events of a later release are understood. */
export const bodiesNamed = (stored: string): readonly Sha[] => [
  ...[...stored.replace(prompts, "").matchAll(named)].map(([, sha = ""]) => sha),
  ...(stored.includes(kept) ? promptsNamed(stored) : []),
];

/** The prompt files that an event names, which the ledger keeps for all runs together. An early run's may not be there. */
export const promptsNamed = (stored: string): readonly Sha[] =>
  [...(prompts.exec(stored)?.[0] ?? "").matchAll(/"([0-9a-f]{64})"/g)].map(([, sha = ""]) => sha);

const staying = /"(?:diff|manifest|patch|report)":"([0-9a-f]{64})"/g;

/** Those of them that say what a run was told to do, what it changed and reported. */
export const bodiesThatStay = (stored: string): readonly Sha[] => [
  ...[...stored.matchAll(staying)].map(([, sha = ""]) => sha),
  ...promptsNamed(stored),
];
