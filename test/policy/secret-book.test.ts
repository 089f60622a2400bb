import { expect, test } from "vitest";
import { secretBook } from "../../src/policy/secret-book.ts";

const value = 'Kq7/pass"word+42x';

test.each([
  ["as it is", (text: string) => text],
  ["in a URL", encodeURIComponent],
  ["in JSON", (text: string) => JSON.stringify(text)],
  ["in hex", (text: string) => Buffer.from(text).toString("hex")],
  ["in hex of another program", (text: string) => Buffer.from(text).toString("hex").toUpperCase()],
  ["in base64", (text: string) => btoa(text)],
  ["in base64 behind a name", (text: string) => btoa(`x:${text}`)],
  ["in base64 between others", (text: string) => btoa(`ab${text} and more`)],
  ["in base64 for URLs", (text: string) => Buffer.from(text).toString("base64url")],
])("a value that was learnt is taken out %s", (_, written) => {
  const book = secretBook([]);
  const text = `before ${written(value)} after`;
  expect(book.scrub(text)).toBe(text);
  book.learn("WORK_KEY", value);
  expect(book.scrubValues(text)).toContain("[redacted: WORK_KEY]");
  expect(atob(btoa(book.scrub(text)))).not.toContain(written(value));
});

test("short values are no secrets, and what only looks like one stays where only values are looked for", () => {
  const book = secretBook([{ name: "SHORT", value: "abc" }]);
  expect(book.scrub("abc")).toBe("abc");
  const token = `ghp_${"aB3dE6gH9j".repeat(4)}`;
  expect(book.scrubValues(token)).toBe(token);
  expect(book.scrub(token)).toBe("[redacted: GitHub token]");
});
