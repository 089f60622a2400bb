/** How moments (milliseconds since the epoch) are written for people: in the zone of their machine, or in UTC. */
export interface Times {
  readonly utc: boolean;
}

export const localTimes: Times = { utc: false };
export const utcTimes: Times = { utc: true };

/** "2026-11-21T14:03:09": a moment in the zone that is asked for. */
function written(at: number, { utc }: Times): string {
  const moment = new Date(utc ? at : at - new Date(at).getTimezoneOffset() * 60_000);
  // A forged record may name a moment that no calendar has.
  return Number.isNaN(moment.getTime()) ? "????-??-??T??:??:??" : moment.toISOString().slice(0, 19);
}

const zone = ({ utc }: Times): string => (utc ? " UTC" : "");

/** "14:03:09": the hour alone, where a column says nothing else. */
export const bareTime = (at: number, times: Times): string => written(at, times).slice(11);

/** "14:03:09", "14:03:09 UTC". */
export const clockTime = (at: number, times: Times): string => `${bareTime(at, times)}${zone(times)}`;

/** "2026-11-21 14:03", "2026-11-21 14:03 UTC". */
export const dayAndTime = (at: number, times: Times): string =>
  `${written(at, times).slice(0, 16).replace("T", " ")}${zone(times)}`;

/** "2026-11-21". */
export const dayOf = (at: number, times: Times): string => written(at, times).slice(0, 10);
