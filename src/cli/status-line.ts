import { fitTo } from "../text-width.ts";

/** What is under way, in the last line of a terminal; it goes before anything else is written there. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
}

/** `may`: is there a person at a terminal that can move its cursor? */
export function statusLine(stream: Pick<NodeJS.WriteStream, "write" | "columns">, may: () => boolean): StatusLine {
  let shown = false;
  return {
    show(text) {
      if (!may()) return;
      stream.write(`\r\u001b[K${fitTo(text, (stream.columns || 80) - 1)}`);
      shown = true;
    },
    clear() {
      if (shown) stream.write("\r\u001b[K");
      shown = false;
    },
  };
}

const SECOND_MS = 1000;

/** Says each second what is under way, from the first full one on, until the function that it gives is called. */
export function whileWorking(what: string, line: StatusLine): () => void {
  let seconds = 0;
  const timer = setInterval(() => line.show(`${what} … ${(seconds += 1)} s`), SECOND_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    line.clear();
  };
}
