import { type FSWatcher, utimesSync, watch } from "node:fs";

/** Says that work may have come, to whoever waits for it on this machine. */
export interface Bell {
  /** Soon, and once for all that is told until then. */
  readonly ring: () => void;
  /** Calls `wake` at each ring; gives what ends that. */
  readonly hear: (wake: () => void) => () => void;
  readonly close: () => void;
}

/**
 * A bell that every process hears which has this file: ringing it sets the file's time to now, and who listens is told by the
 * system. That costs nothing while it is silent. Where it cannot be rung or heard, and for no file at all, it is one within
 * this process; whoever waits looks now and then all the same.
 */
export function bellOf(file: string | null): Bell {
  const listeners = new Set<() => void>();
  let ears: FSWatcher | null = null;
  let rung = false;
  const tell = (): void => {
    for (const wake of listeners) wake();
  };
  const sound = (): void => {
    if (!rung) return;
    rung = false;
    tell();
    if (file === null) return;
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // not ours: others look for themselves
    }
  };
  const deafen = (): void => {
    ears?.close();
    ears = null;
  };
  const listen = (): void => {
    if (file === null || ears) return;
    try {
      ears = watch(file, { persistent: false }, tell);
      ears.on("error", deafen);
    } catch {
      // more than the system can watch
    }
  };
  return {
    ring() {
      if (rung) return;
      rung = true;
      setImmediate(sound);
    },
    hear(wake) {
      listeners.add(wake);
      listen();
      return () => {
        listeners.delete(wake);
        if (listeners.size === 0) deafen();
      };
    },
    close() {
      sound();
      listeners.clear();
      deafen();
    },
  };
}
