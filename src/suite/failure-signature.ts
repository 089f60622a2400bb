import { stableText } from "./failure-text.ts";
import { troubleOf } from "./infrastructure.ts";
import type { Found } from "./readers/dialect.ts";

/** Text in which only what is the same in every run is left: no numbers, paths, addresses, times, seeds or ids. */
export function normalised(text: string): string {
  return (
    stableText(text)
      .replace(/\b[0-9a-f]{7,64}\b(?=[^\w]|$)/gi, (word) => (/\d/.test(word) && /[a-f]/i.test(word) ? "<hex>" : word))
      .replace(/@[0-9a-f]{5,16}\b/gi, "@<address>")
      // A path's last part says what it was; where it lay does not.
      .replace(/(?:file:\/\/)?(?:[A-Za-z]:)?(?:[/\\][\w@.+~-]+){2,}[/\\]([\w@.+-]+)/g, "$1")
      .replace(/\b(\w[\w.-]*\.[a-z]{1,5}):\d+(?::\d+)?/gi, "$1")
      .replace(/\b(?:seed|pid|port|thread|worker|tid)([ =:#]+)\S+/gi, "$1<id>")
      .replace(/<(?:duration|time|port|uuid)>/g, "<n>")
      .replace(/[-+]?\b\d+(?:[.,:_]\d+)*(?:e[-+]?\d+)?\b/gi, "<n>")
      .replace(/\s+/g, " ")
      .trim()
  );
}

/** 53 bits of a text, as eleven digits of base 32: enough to tell failures of one repository apart, and quick. (cyrb53) */
function shortHash(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(32).padStart(11, "0");
}

/** The lines that say what went wrong; values that a test compared are its own, and say nothing about the cause. */
function core(message: string): string {
  const lines = message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const error = lines.find((line) => /\b[A-Z]\w*(?:Error|Exception|Failure)\b|^panic:|^fatal error:/.test(line));
  return (error ?? lines.slice(0, 2).join(" ")).slice(0, 300);
}

/** Files of this repository by their last two parts: a checkout elsewhere gives the same. */
const shortPath = (path: string): string => path.replaceAll("\\", "/").split("/").slice(-2).join("/");

/**
 * The same for failures of one cause, across tests, runs, machines and days: what was said, and the file where it broke.
 * What the machine lacked is the same wherever it is met. Where nothing was said, the test itself is the cause.
 */
export function failureSignature(found: Found): string {
  const trouble = troubleOf(found);
  const said = normalised(core(found.message));
  if (trouble && !trouble.weak)
    return shortHash(`machine ${trouble.cause} ${normalised(trouble.pattern.exec(found.message)?.[0] ?? "")}`);
  if (found.timedOut)
    return shortHash(`timeout ${found.file === null ? found.titles.join(" ") : shortPath(found.file)}`);
  const mute = said === "" || /^(?:failed|test failed|failed without a word)$/.test(said);
  const where = found.file === null ? (found.suite ?? "") : shortPath(found.file);
  return shortHash([found.kind === "build" ? "build" : "", said, where, ...(mute ? found.titles : [])].join("\n"));
}
