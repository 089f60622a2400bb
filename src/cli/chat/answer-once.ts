import type { EventOf, Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readMessage } from "../../ledger/read-body.ts";
import { printable } from "../../text.ts";
import { ofType } from "../../views/run.ts";
import type { Person, Wish } from "../../workflows/chat/person.ts";
import type { FinishedRun } from "../../workflows/start.ts";
import type { CommandDesk } from "../command.ts";

/** Somebody who asks one thing and waits for the answer; told what became of their files. */
export function oneQuestion(text: string, tell: (text: string) => void): Person {
  let asked = false;
  return {
    next() {
      const wish: Wish = { kind: "say", text };
      const next = asked ? null : wish;
      asked = true;
      return Promise.resolve(next);
    },
    turn: () => new AbortController().signal,
    told(news) {
      if (news.kind === "done" || news.kind === "refused") tell(printable(news.text));
    },
    stays: false,
  };
}

/** What the model said last; empty when it said nothing. */
async function lastWords(ledger: Ledger, run: string): Promise<string> {
  const { events } = await ledger.read(run);
  const reply = ofType(events, "model.replied").findLast(({ purpose }) => purpose === undefined);
  const message = reply && readMessage(await ledger.text(reply.message));
  return message?.role === "assistant" ? message.text.trim() : "";
}

/** What the session changed and nobody has taken over. */
export function notTaken(events: readonly Recorded[]): EventOf<"diff.taken"> | undefined {
  const diff = ofType(events, "diff.taken").at(-1);
  const taken = ofType(events, "effect.done").findLast(({ effect }) => effect === "apply");
  // Who took it over before trees were recorded took what there was.
  return taken && (taken.tree === undefined || taken.tree === diff?.to) ? undefined : diff;
}

/** Prints the answer, and what there is besides it on the other stream. */
export async function tellAnswer(desk: CommandDesk, { run, outcome, reason, hint }: FinishedRun): Promise<void> {
  const ledger = await (await desk.app()).ledger();
  const words = printable(await lastWords(ledger, run));
  if (words !== "") desk.out(words);
  if (outcome !== "done") desk.err(printable(`claw: ${reason}\n  ${hint}`));
  const { events } = await ledger.read(run);
  if ((notTaken(events)?.files ?? 0) > 0)
    desk.err(`files were changed in the session's own copy: claw diff ${run}; take them: claw apply ${run}`);
}
