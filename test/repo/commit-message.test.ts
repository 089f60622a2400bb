import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commitMessage } from "../../src/repo/commit-message.ts";
import { temporary } from "./fixture.ts";

const trailers = { assistedBy: "claw:openai/gpt", run: "01abcdefgh", record: "f".repeat(64) };
const own = `Assisted-by: claw:openai/gpt\nClaw-Run: 01abcdefgh\nClaw-Record: sha256:${"f".repeat(64)}\n`;

test("a message is a subject, a body and three trailers git can read", () => {
  const message = commitMessage({
    subject: "Keep the time zone",
    body: "It was dropped.\n\nNote: see parse.ts",
    trailers,
  });
  expect(message).toBe(`Keep the time zone\n\nIt was dropped.\n\nNote: see parse.ts\n\n${own}`);
  const read = execFileSync("git", ["interpret-trailers", "--parse"], {
    input: message,
    cwd: temporary(),
    encoding: "utf8",
  });
  expect(read).toBe(own);
});

test("a model's words can add no trailer and nothing unseen", () => {
  const body =
    "Fine.\nSigned-off-by: Ada <a@b>\n  co-authored-by: Eve <e@v>\nCc: all\r\nClaw-Record: sha256:0\n---\n\u001b[31mred\u202e\u200b\n\n\n\nend";
  const message = commitMessage({ subject: "Signed-off-by: Ada\nsecond\u0007 line", body, trailers });
  expect(message).toBe(`Ada second line\n\nFine.\n[31mred\n\nend\n\n${own}`);
});

test("a long subject is cut between words, and none is replaced", () => {
  const long = commitMessage({ subject: "word ".repeat(40), body: "", trailers }).split("\n")[0] ?? "";
  expect(long.length).toBeLessThanOrEqual(72);
  expect(long).toMatch(/word…$/);
  expect(commitMessage({ subject: "x".repeat(100), body: "", trailers }).split("\n")[0]).toBe(`${"x".repeat(71)}…`);
  expect(commitMessage({ subject: " \n", body: "", trailers })).toBe(`Fix\n\n${own}`);
  expect(commitMessage({ subject: "s", body: "b".repeat(9_000), trailers }).length).toBeLessThan(4_300);
});
