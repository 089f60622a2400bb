import { Interrupted } from "../../errors.ts";
import type { News, Person, Wish } from "../../workflows/chat/person.ts";
import { nearest } from "../../text.ts";
import type { Part } from "../../tui/session/screen.ts";
import { slashIn } from "./commands.ts";
import { type Room, slashes, telling } from "./slashes.ts";
import { newsParts } from "./tellings.ts";

/** A person at a terminal, who can also say what the run is to begin with. */
export interface Attending extends Person {
  /** The first words of all; null when the person leaves without. */
  first(signal: AbortSignal): Promise<Wish | null>;
}

/** Their words are wishes, and what comes of them is shown. */
export function attending(place: Omit<Room, "signal">): Attending {
  const { screen } = place;
  screen.anytime((text) => atOnce(text, place));
  return {
    stays: true,
    first: (signal) => nextWish({ ...place, signal }),
    next(signal) {
      screen.busy(null);
      return nextWish({ ...place, signal });
    },
    turn() {
      const stop = new AbortController();
      screen.busy(() => stop.abort(new Interrupted("SIGINT")));
      return stop.signal;
    },
    told(news: News) {
      screen.busy(null);
      for (const part of newsParts(news)) screen.show(part);
    },
  };
}

/** What is typed next that is a wish of the run's; null when the person leaves. */
async function nextWish(room: Room): Promise<Wish | null> {
  const { screen, signal } = room;
  for (;;) {
    const text = await screen.next(signal);
    if (text === null) return null;
    try {
      const granted = await wishOf(text, room);
      if (granted === "leave") return null;
      if (granted) return granted;
    } catch (error) {
      signal.throwIfAborted();
      screen.show({ kind: "note", mark: "✗", text: wordsOf(error) });
    }
  }
}

/** Carries out a command that only tells, while the model works on. */
function atOnce(text: string, { screen, ...place }: Omit<Room, "signal">): boolean {
  const slash = slashIn(text);
  if (!slash || slash.rest !== "" || !telling.has(slash.name)) return false;
  const aside = { ...screen, show: (part: Part): void => screen.aside(part) };
  aside.show({ kind: "person", text });
  void slashes[slash.name]?.("", { ...place, screen: aside, signal: new AbortController().signal });
  return true;
}

async function wishOf(text: string, room: Room): Promise<Wish | null | "leave"> {
  const slash = slashIn(text);
  if (!slash) return { kind: "say", text };
  const meant = Object.hasOwn(slashes, slash.name) ? slashes[slash.name] : undefined;
  if (meant) return meant(slash.rest, room);
  const near = nearest(slash.name, Object.keys(slashes));
  const instead = near === undefined ? "/help lists what there is" : `did you mean /${near}?`;
  room.screen.show({ kind: "note", mark: "!", text: `there is no /${slash.name}; ${instead}` });
  return null;
}

/** What is said of an error where the session goes on. */
function wordsOf(error: unknown): string {
  const { message = String(error), hint = "" } = error as { message?: string; hint?: string };
  return hint === "" ? message : `${message}\n${hint}`;
}
