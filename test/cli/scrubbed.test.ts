import { expect, test } from "vitest";
import { jsonProgress, type Progress } from "../../src/cli/progress.ts";
import { scrubbedPieces, scrubbedProgress } from "../../src/cli/scrubbed.ts";
import { secretBook } from "../../src/policy/secret-book.ts";

const token = `ghp_${"a1B2c3D4e5".repeat(4)}`;
const value = "correct-horse-battery";
const { scrub } = secretBook([{ name: "THE_KEY", value }]);
const pem = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(20)}-----END PRIVATE KEY-----`;

test.each([
  ["a token", `it is ${token}, see`, "it is [redacted: GitHub token], see"],
  ["a known value", `it is ${value}. see`, "it is [redacted: THE_KEY]. see"],
  ["a private key", `key:\n${pem}\nend`, "key:\n[redacted: private key]\nend"],
])("%s is not shown, in whatever pieces it comes", (_, text, shown) => {
  for (const size of [1, 7, 50, 10_000]) {
    const pieces = scrubbedPieces(scrub);
    let seen = "";
    for (let at = 0; at < text.length; at += size) seen += pieces.push(text.slice(at, at + size));
    expect(seen + pieces.flush()).toBe(shown);
  }
});

test("words are shown as soon as they are whole, and what has no end is left out", () => {
  const pieces = scrubbedPieces(scrub);
  expect([pieces.push("one tw"), pieces.push("o three"), pieces.push(" "), pieces.flush()]).toEqual([
    "one ",
    "two ",
    "three ",
    "",
  ]);
  expect(pieces.push("x".repeat(40_000))).toBe("…");
});

test("what a model says and a command writes is scrubbed on its way to the screen, half characters too", () => {
  const seen: string[] = [];
  const screen: Progress = {
    ...jsonProgress(() => {}),
    onDelta: ({ text }) => void seen.push(text),
    onOutput: (chunk) => void seen.push(chunk.toString()),
    onEvent: ({ type }) => void seen.push(type),
  };
  const shown = scrubbedProgress(screen, scrub);
  const bytes = Buffer.from(`ü ${token} `);
  shown.onOutput?.(bytes.subarray(0, 1));
  shown.onOutput?.(bytes.subarray(1, 20));
  shown.onOutput?.(bytes.subarray(20));
  shown.onDelta?.({ kind: "text", text: `I saw ${token}` });
  shown.onDelta?.({ kind: "waiting", text: value });
  shown.onEvent?.({ type: "stage.started", stage: "patch", seq: 0, at: 0 });
  expect(seen).toEqual([
    "ü ",
    "[redacted: GitHub token] ",
    "I saw ",
    "[redacted: THE_KEY]",
    "[redacted: GitHub token]",
    "stage.started",
  ]);
});
