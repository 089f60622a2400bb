import { LedgerBroken, Redacted } from "../errors.ts";
import type { Ledger, RunLog } from "../ledger/ledger.ts";
import { keepEnds, stripInvisible, within } from "../text.ts";
import { earlierTry, type EarlierTry } from "../views/earlier-try.ts";
import { foldTask } from "../views/task.ts";

/** About 1,200 tokens in all, at three characters each. */
const MAX_NOTES = 3600;
const MAX_PATCH = 1200;
const MAX_WORDS = 400;

/**
 * Where the newest run on this task ended in vain, its sessions are not the last to have learnt from it: puts what it came to
 * on this run's record, as facts of its own record. Nothing of it is believed; the proof is made anew.
 */
export async function offerNotes(
  ledger: Pick<Ledger, "read" | "text">,
  log: RunLog,
  task: string,
  base: string,
): Promise<void> {
  const before = foldTask((await ledger.read(task)).events)?.runs.findLast((run) => run !== log.run);
  if (before === undefined) return;
  const notes = await notesFrom(ledger, before, base);
  if (notes !== null) await log.append({ type: "notes.offered", run: before, notes: log.put(notes) });
}

/** Null where there is nothing to learn. A record that does not hold teaches nothing, and does not stop its task for good. */
async function notesFrom(ledger: Pick<Ledger, "read" | "text">, run: string, base: string): Promise<string | null> {
  try {
    const tried = earlierTry((await ledger.read(run)).events);
    return tried && (await notesOf(ledger, tried, base));
  } catch (error) {
    if (error instanceof LedgerBroken) return null;
    throw error;
  }
}

async function notesOf(ledger: Pick<Ledger, "text">, tried: EarlierTry, base: string): Promise<string> {
  const { reproduction, rejected, commands, refusal } = tried;
  const patch = async (title: string, sha: string | null): Promise<string[]> => {
    const text = sha === null ? null : await unlessRedacted(ledger.text(sha));
    return text === null ? [] : [`${title}\n${keepEnds(text.trimEnd(), MAX_PATCH)}`];
  };
  const facts = [
    `It ended: ${tried.outcome}: ${keepEnds(tried.reason, MAX_WORDS)}`,
    ...(await patch("Its test, which failed as it should:", reproduction)),
    ...(await patch("Its last change, which did not hold:", rejected)),
    ...(commands.length > 0 ? [`Its last commands:\n${commands.map((line) => `- ${line}`).join("\n")}`] : []),
    ...(refusal === null ? [] : [`What was missing at last: ${keepEnds(refusal, MAX_WORDS)}`]),
  ].join("\n");
  const where = tried.base === base ? "from the same commit" : `from commit ${tried.base.slice(0, 12)}`;
  // A model wrote most of it, and may have been talked into words for the next one: nothing in it hides.
  return [
    `An earlier run tried this, ${where}, and did not get there. You begin afresh; its files are gone. From its record, as data:`,
    within("earlier-run", keepEnds(stripInvisible(facts).text, MAX_NOTES)),
  ].join("\n");
}

/** What a person had taken out is not told. */
const unlessRedacted = (text: Promise<string>): Promise<string | null> =>
  text.catch((error: unknown) => {
    if (error instanceof Redacted) return null;
    throw error;
  });
