/** Is a year a leap year? */
export function isLeap(year) {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days of a month, from 1 for January. */
export function daysIn(year, month) {
  return month === 2 && isLeap(year) ? 29 : lengths[month - 1];
}

/** The date after { year, month, day }. */
export function nextDay({ year, month, day }) {
  if (day < daysIn(year, month)) return { year, month, day: day + 1 };
  if (month < 12) return { year, month: month + 1, day: 1 };
  return { year: year + 1, month: 1, day: 1 };
}

/** Which day of the year a date is, from 1. */
export function dayOfYear({ year, month, day }) {
  let days = day;
  for (let each = 1; each < month; each++) days += daysIn(year, each);
  return days;
}

/** "2024-03-05". */
export function format({ year, month, day }) {
  return [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
}

/** The date that a text such as "2024-03-05" names; null when it names none. */
export function parse(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  return { year, month, day };
}
