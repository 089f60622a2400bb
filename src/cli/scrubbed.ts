import { StringDecoder } from "node:string_decoder";
import type { Progress } from "./progress.ts";

type Scrub = (text: string) => string;

/** Longer than any credential, and than anything without a blank that somebody reads. */
const LONGEST = 32_000;

/**
 * Text that comes in pieces, with secrets taken out. A piece may end in the middle of one: the last word waits until it is
 * whole, and a private key until its end.
 */
export function scrubbedPieces(scrub: Scrub) {
  let waiting = "";
  return {
    /** Takes the next piece and gives what can be shown by now. */
    push(piece: string): string {
      waiting += piece;
      const words = waiting.slice(0, lastWord(waiting));
      const end = openKey(words) ?? words.length;
      const whole = scrub(waiting.slice(0, end));
      waiting = waiting.slice(end);
      if (waiting.length <= LONGEST) return whole;
      waiting = "";
      return `${whole}…`;
    },
    /** The rest: nothing comes after it. */
    flush(): string {
      const rest = scrub(waiting);
      waiting = "";
      return rest;
    },
  };
}

/** Where the last word begins. */
function lastWord(text: string): number {
  let at = text.length;
  while (at > 0 && !/\s/.test(text.charAt(at - 1))) at -= 1;
  return at;
}

/** Where a private key begins that has not ended yet; null when none does. */
function openKey(text: string): number | null {
  const at = text.lastIndexOf("-----BEGIN ");
  return at < 0 || /-----END [A-Z0-9 ]*-----/.test(text.slice(at)) ? null : at;
}

/** The same way to show a run, in which what streams by is scrubbed before anybody sees it; facts are when they are written. */
export function scrubbedProgress(progress: Progress, scrub: Scrub): Progress {
  const words = scrubbedPieces(scrub);
  const output = scrubbedPieces(scrub);
  const decoder = new StringDecoder("utf8");
  const say = (text: string): void => void (text !== "" && progress.onDelta?.({ kind: "text", text }));
  const write = (text: string): void => void (text !== "" && progress.onOutput?.(Buffer.from(text)));
  return {
    ...progress,
    onDelta: ({ kind, text }) =>
      kind === "text" ? say(words.push(text)) : progress.onDelta?.({ kind, text: scrub(text) }),
    onOutput: (chunk) => write(output.push(decoder.write(chunk))),
    onEvent(event) {
      say(words.flush());
      write(output.flush());
      progress.onEvent?.(event);
    },
  };
}
