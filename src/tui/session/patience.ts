import { duration } from "../../text.ts";

/** Milliseconds of silence after which a line says that work goes on; later ones are as far apart as the last. */
const SILENCES = [5_000, 25_000, 60_000];

/** Says that work goes on where nothing else has been said for a while. */
export interface Patience {
  begin(): void;
  /** Something was said. */
  heard(): void;
  end(): void;
}

export function patience(write: (text: string) => void): Patience {
  let timer: NodeJS.Timeout | null = null;
  let said = 0;
  let waited = 0;
  const wait = (): void => {
    const silence = SILENCES[Math.min(said, SILENCES.length - 1)] ?? 0;
    timer = setTimeout(() => {
      said += 1;
      waited += silence;
      write(`(still working, ${waited < 60_000 ? `${waited / 1000} s` : duration(waited)})\n`);
      wait();
    }, silence);
  };
  const end = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
  };
  const begin = (): void => {
    end();
    said = 0;
    waited = 0;
    wait();
  };
  return { begin, end, heard: () => timer && begin() };
}
