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

const body = (text: string): string =>
  commitMessage({ subject: "s", body: text, trailers }).slice("s\n\n".length, -own.length - 2);

test("prose is wrapped at 72 columns; lists, code and long words stay as they are", () => {
  const list = `- ${"an item ".repeat(12)}end`;
  const code = `    const x = ${"1 + ".repeat(20)}1;`;
  const fence = `\`\`\`\nlet y = ${"2 + ".repeat(20)}2;\n\`\`\``;
  const link = `https://example.org/${"a".repeat(80)}`;
  const wrapped = body(`${"several words ".repeat(12)}end\n\n${list}\n${code}\n${fence}\n${link} tells more`);
  expect(wrapped).toBe(
    `${"several words ".repeat(5).trim()}\n${"several words ".repeat(5).trim()}\n${"several words ".repeat(2)}end\n\n${list}\n${code}\n${fence}\n${link}\ntells more`,
  );
});

test("wrapping makes no trailer, no list and no separator", () => {
  const before = "x".repeat(60);
  for (const start of ["Signed-off-by: Ada <a@b>", "- so it is", "2. so it is", "--- so it is", "Cc: all"]) {
    const lines = body(`${before} word ${start} and a few more words behind it`).split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => line.startsWith(start.slice(0, 3)))).toEqual([]);
  }
});

test("a subject that is cut does not end in the middle of a thought", () => {
  const subject = (text: string): string => commitMessage({ subject: text, body: "", trailers }).split("\n")[0] ?? "";
  expect(subject("Fix: two posts of one day ended up with the same name, and the second of the two is lost")).toBe(
    "Fix: two posts of one day ended up with the same name, and the second…",
  );
  expect(subject("Fix: a name that is used more than once is dropped for good from the list")).toBe(
    "Fix: a name that is used more than once is dropped for good…",
  );
});
