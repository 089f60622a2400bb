import { z } from "zod";
import type { EventOf, Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readBody, readMessage } from "../../ledger/read-body.ts";
import type { ToolSpec } from "../../models/model.ts";
import { ofType } from "../../views/run.ts";
import type { Stretch } from "../../views/stretches.ts";
import type { Opening } from "../loop.ts";
import { loadPrompt } from "../prompt.ts";

type Book = Pick<Ledger, "text">;

const Specs = z.array(
  z.object({
    name: z.string(),
    about: z.string(),
    schema: z.record(z.string(), z.unknown()),
    grammar: z.string().optional(),
  }),
);

/** The tools as the model was told about them then. */
export async function specsOf(ledger: Book, events: readonly Recorded[], session: string): Promise<ToolSpec[]> {
  const started = ofType(events, "session.started").find((event) => event.session === session);
  const specs = started ? readBody(await ledger.text(started.tools), Specs, "a list of tools") : [];
  return specs.map(({ grammar, ...spec }) => (grammar === undefined ? spec : { ...spec, grammar }));
}

/** The words that the session began with. */
export async function openingOf(ledger: Book, events: readonly Recorded[], session: string): Promise<Opening> {
  const own = ofType(events, "message.added").filter((event) => event.session === session);
  const words = async (about: EventOf<"message.added">["about"]): Promise<string> =>
    (await textOf(
      ledger,
      own.find((event) => event.about === about),
    )) ?? "";
  const started = ofType(events, "session.started").find((event) => event.session === session);
  return {
    kind: started?.kind ?? "",
    prompt: started?.prompt ?? "",
    system: await words("system"),
    task: await words("task"),
  };
}

/** What the session was told when its workspace had been lost; null when nothing. */
export const restoredText = (ledger: Book, { facts }: Stretch): Promise<string | null> =>
  textOf(
    ledger,
    ofType(facts, "message.added").find(({ about }) => about === "restored"),
  );

async function textOf(ledger: Book, added: EventOf<"message.added"> | undefined): Promise<string | null> {
  const message = added && readMessage(await ledger.text(added.message));
  return message && "text" in message ? message.text : null;
}

/** Prompt files of this release that differ from those of a run. */
export async function changedPrompts(events: readonly Recorded[]): Promise<string[]> {
  const [started] = ofType(events, "run.started");
  const known = Object.entries(started?.prompts ?? {});
  const now = await Promise.all(known.map(([name]) => loadPrompt(name).catch(() => null)));
  return known.filter(([, sha], index) => now[index]?.sha !== sha).map(([name]) => name);
}
