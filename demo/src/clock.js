/** Minutes since midnight of a text such as "09:30". */
export function minutes(text) {
  const found = /^(\d{1,2}):(\d\d)$/.exec(text);
  const [hour, minute] = (found ?? []).slice(1).map(Number);
  if (!found || hour > 24 || minute > 59 || (hour === 24 && minute > 0)) throw new RangeError(`no time: ${text}`);
  return hour * 60 + minute;
}

/** The text for minutes since midnight. */
export function clock(total) {
  const [hour, minute] = [Math.floor(total / 60), total % 60];
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
