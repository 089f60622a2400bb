import { expect, test } from "vitest";
import { allows, type Decider, startedIt } from "../../src/policy/approval.ts";

const ada = "Ada Lovelace <ada@example.org>";
const starter = { initiator: "ada", identity: ada };
const onForge = (login: string): Decider => ({
  by: `${login} on github.com`,
  identity: null,
  account: `${login} at github.com`,
  known: "forge",
});

test.each<[string, Decider, { initiator: string; identity?: string | null; asker?: string }, boolean]>([
  ["the same git identity", { by: ada, identity: ada, login: "ada" }, starter, true],
  ["the same address under another name", { by: "A. L. <ADA@example.org>", identity: null, login: "x" }, starter, true],
  ["the login name of the starter", { by: "Ada", identity: null, login: "bob" }, starter, true],
  ["another name typed in the same account", { by: "Bob", identity: ada, login: "ada" }, starter, true],
  ["another name typed where git names nobody", { by: "Bob", identity: null, login: "ada" }, starter, true],
  [
    "another git identity",
    { by: "Bob <bob@example.org>", identity: "Bob <bob@example.org>", login: "ada" },
    starter,
    false,
  ],
  ["another account where git names nobody", { by: "bob", identity: null, login: "bob" }, { initiator: "ada" }, false],
  ["an approval of an early release", { by: "Bob" }, { initiator: "ada" }, false],
  ["a comment of who asked on the forge", onForge("ada"), { initiator: "worker", asker: "Ada at github.com" }, true],
  ["a comment of somebody else there", onForge("bob"), { initiator: "worker", asker: "ada at github.com" }, false],
  ["the same login on another forge", onForge("ada"), { initiator: "worker", asker: "ada at git.example" }, false],
  [
    "the token of who asked over the API",
    { by: "Ada L.", known: "token" },
    { initiator: "worker", asker: "Ada L." },
    true,
  ],
])("%s: is it who started the run?", (_, decider, started, expected) => {
  expect(startedIt(decider, started)).toBe(expected);
});

test("an approval allows this diff, for its time, by somebody who may, and nothing else", () => {
  const approval = { type: "approval.given", by: ada, identity: ada, login: "ada", diff: "d1", expires: 100 } as const;
  const asked = { diff: "d1", now: 99, started: starter, requireDifferent: false };
  expect(allows(approval, asked)).toBe(true);
  expect(allows(approval, { ...asked, diff: "d2" })).toBe(false);
  expect(allows(approval, { ...asked, now: 100 })).toBe(false);
  expect(allows(approval, { ...asked, requireDifferent: true })).toBe(false);
  expect(allows({ ...approval, by: "Bob", identity: "Bob <b@x>" }, { ...asked, requireDifferent: true })).toBe(true);
});
