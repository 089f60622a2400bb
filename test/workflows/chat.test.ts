import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { Recorded } from "../../src/ledger/events.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { systemClock } from "../../src/clock.ts";
import { chat } from "../../src/workflows/chat/chat.ts";
import type { News, Person, Wish } from "../../src/workflows/chat/person.ts";
import { resumeRun } from "../../src/workflows/resume.ts";
import { startRun } from "../../src/workflows/start.ts";
import { houseAt } from "../support/house.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** One sandbox is proven for all tests. */
const stateDir = mkdtempSync(join(tmpdir(), "claw-test-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];

const edit = (path: string, before: string, after: string) => ({
  name: "edit",
  arguments: { path, old_string: before, new_string: after, replace_all: null },
});
const bash = (command: string) => ({ name: "bash", arguments: { command, timeout_s: null } });

/** A repository, and a model that says these things one after the other in sessions with a person. */
async function seat(replies: readonly object[], files: Record<string, string> = { "a.txt": "one\ntwo\nthree\n" }) {
  const dir = temporaryDirectory();
  const root = join(dir, "repository");
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    [...identity, "commit", "-qm", "base"],
  ])
    execFileSync("git", args, { cwd: root });
  const script = join(dir, "script.json");
  writeFileSync(script, JSON.stringify({ note: "a test", sessions: { chat: replies } }));
  const home = join(dir, "home");
  mkdirSync(home);
  const ledger = openLedger({
    store: await openSqlite(join(home, "ledger.sqlite")),
    clock: systemClock,
    scrub: (text) => text,
  });
  onTestFinished(() => ledger.close());
  const house = houseAt(home, ledger, { stateDir });
  const heard: News[] = [];
  const events: Recorded[] = [];
  /** Holds the session with a person who wants these things. */
  const hold = async (
    wishes: readonly (Wish | (() => void))[],
    more: Partial<Person> & {
      resume?: string;
      onCall?: () => void;
      inPlace?: "ask" | "agreed";
      confirm?: (question: string) => Promise<boolean>;
    } = {},
  ) => {
    const left = [...wishes];
    const person: Person = {
      next() {
        for (;;) {
          const wish = left.shift() ?? null;
          if (typeof wish !== "function") return Promise.resolve(wish);
          wish();
        }
      },
      turn: () => new AbortController().signal,
      told: (news) => void heard.push(news),
      stays: true,
      ...more,
    };
    const watch = {
      signal: new AbortController().signal,
      person,
      onEvent: (event: Recorded) => void events.push(event),
      confirm: more.confirm ?? (() => Promise.resolve(true)),
      onCall: more.onCall,
    };
    if (more.resume !== undefined) return resumeRun(house, more.resume, watch);
    const limits = { usdNano: null, turns: 50, tokens: 1_000_000, wallMs: 60_000, attempts: 1 };
    return startRun(house, {
      ...watch,
      workflow: chat,
      cwd: root,
      baseRef: undefined,
      model: script,
      limits,
      input: () => ({ title: "a session", ...(more.inPlace && { inPlace: more.inPlace }) }),
    });
  };
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  return { hold, heard, events, read, write, ledger, home };
}

const say = (text: string): Wish => ({ kind: "say", text });
const typesOf = (events: readonly Recorded[]): string[] => events.map(({ type }) => type);

test("a turn works in a private copy, and reaches the person's files by apply alone, and leaves them so", async () => {
  const { hold, heard, read } = await seat([
    { text: "I change it.", calls: [edit("a.txt", "two", "2")] },
    { text: "Done." },
  ]);
  const end = await hold([
    say("make it a number"),
    () => expect(read("a.txt")).toBe("one\ntwo\nthree\n"),
    { kind: "apply" },
    () => expect(read("a.txt")).toBe("one\n2\nthree\n"),
    { kind: "undo" },
    { kind: "apply" },
  ]);
  expect(end).toMatchObject({ outcome: "done", reason: "the session was left after 1 question" });
  expect(read("a.txt")).toBe("one\ntwo\nthree\n");
  expect(heard).toMatchObject([
    { kind: "turn", how: "answered", changed: { files: ["a.txt"], added: 1, deleted: 1 } },
    { kind: "done" },
    { kind: "done", text: expect.stringContaining("/apply takes it back in your files too") },
    { kind: "done" },
  ]);
});

test("what the person changed meanwhile stays, and lines that both changed are marked", async () => {
  const { hold, heard, read, write } = await seat([
    { text: "", calls: [edit("a.txt", "one\ntwo", "ONE\nTWO")] },
    { text: "Done." },
  ]);
  await hold([say("shout"), () => write("a.txt", "uno\ntwo\nthree\nfour\n"), { kind: "apply" }]);
  expect(read("a.txt")).toContain("<<<<<<< your file\nuno\ntwo\n");
  expect(read("a.txt")).toContain("ONE\nTWO\n>>>>>>> the session\n");
  expect(read("a.txt")).toContain("four");
  expect(heard.at(-1)).toMatchObject({ kind: "done", text: expect.stringContaining("settle the conflicts in a.txt") });
});

test("a session begins with what is not committed, and undo takes the last turn's changes back in its copy", async () => {
  const { hold, heard, write } = await seat([
    { text: "", calls: [bash("cat new.txt a.txt >> a.txt")] },
    { text: "Done." },
    { text: "", calls: [edit("a.txt", "three", "3")] },
    { text: "Done again." },
  ]);
  write("new.txt", "new\n");
  await hold([
    say("join them"),
    say("and now"),
    { kind: "undo" },
    { kind: "diff" },
    { kind: "undo" },
    { kind: "diff" },
  ]);
  const [, , undone, diff, , last] = heard;
  expect(undone).toMatchObject({ kind: "done", text: "taken back in the session: a.txt" });
  expect(diff).toMatchObject({ kind: "diff", patch: expect.stringContaining("+new") });
  expect(diff).not.toMatchObject({ patch: expect.stringContaining("+3") });
  expect(last).toEqual({ kind: "diff", patch: "" });
});

test("a turn that is stopped keeps what was said, answers its call, and the next one goes on", async () => {
  const { hold, heard, events, ledger } = await seat([
    { text: "This takes long.", calls: [bash("sleep 60"), bash("true")] },
    { text: "What now?" },
  ]);
  const stop = new AbortController();
  const end = await hold([say("wait"), say("go on")], {
    turn: () => (stop.signal.aborted ? new AbortController().signal : stop.signal),
    onCall: () => stop.abort(),
  });
  expect(heard).toMatchObject([
    { kind: "turn", how: "interrupted" },
    { kind: "turn", how: "answered" },
  ]);
  const finished = events.filter((event) => event.type === "call.finished");
  expect(finished).toMatchObject([{ ok: false }, { ok: false }]);
  expect(finished[1]?.ms).toBeLessThan(finished[0]?.ms ?? 0);
  // The call that was under way took time until it was stopped.
  expect(finished[0]?.ms).toBeGreaterThan(0);
  expect(typesOf(events)).toContain("turn.interrupted");
  expect((await ledger.read(end.run)).events.at(-1)).toMatchObject({ type: "run.paused", outcome: "done" });
});

test("a session that was left goes on with its files and its words", async () => {
  const { hold, heard, events } = await seat([
    { text: "", calls: [edit("a.txt", "two", "2")] },
    { text: "Done." },
    { text: "", calls: [bash("cat a.txt")] },
    { text: "It says 2." },
  ]);
  const { run } = await hold([say("make it a number")]);
  const again = await hold([say("what does it say?"), { kind: "diff" }], { resume: run });
  expect(again).toMatchObject({ outcome: "done", reason: "the session was left after 2 questions" });
  expect(heard.at(-1)).toMatchObject({ kind: "diff", patch: expect.stringContaining("+2") });
  expect(typesOf(events)).toContain("workspace.restored");
  expect(events.filter((event) => event.type === "message.added" && event.about === "restored")).toEqual([]);
});

test("without a reply the person is told, and the session goes on", async () => {
  const { hold, heard } = await seat([{ text: "Only this." }]);
  const end = await hold([say("one"), say("two"), { kind: "diff" }]);
  expect(heard).toMatchObject([{ kind: "turn" }, { kind: "failed" }, { kind: "diff" }]);
  expect(end.outcome).toBe("done");
});

test("in place, changes reach the person's files after each turn, after one question in the session's life", async () => {
  const lines = (first: string, last: string): string => `${first}\na\nb\nc\nd\n${last}\n`;
  const { hold, heard, read, write } = await seat(
    [
      { text: "", calls: [edit("a.txt", "two", "2")] },
      { text: "Done." },
      { text: "", calls: [edit("a.txt", "2", "II")] },
      { text: "Done again." },
    ],
    { "a.txt": lines("one", "two") },
  );
  const asked: string[] = [];
  const confirm = (question: string) => Promise.resolve(asked.push(question) > 0);
  const { run } = await hold(
    [
      say("a number"),
      () => expect(read("a.txt")).toBe(lines("one", "2")),
      () => write("a.txt", lines("mine", "2")),
      say("a Roman one"),
      () => expect(read("a.txt")).toBe(lines("mine", "II")),
      { kind: "undo" },
    ],
    { inPlace: "ask", confirm },
  );
  expect(read("a.txt")).toBe(lines("mine", "2"));
  await hold([{ kind: "undo" }], { resume: run, confirm });
  expect(read("a.txt")).toBe(lines("mine", "two"));
  expect(asked).toEqual([expect.stringMatching(/^Write the session's changes into .*repository as they come\?$/)]);
  expect(heard.slice(0, 2)).toMatchObject([
    { kind: "turn", inPlace: true },
    { kind: "done", text: expect.stringContaining("1 file changed in"), partly: false },
  ]);
});

test("in place, lines that both changed are marked, and files that steer builds wait for a yes of their own", async () => {
  const { hold, heard, read, write, events } = await seat(
    [
      { text: "", calls: [edit("a.txt", "one", "ONE")] },
      { text: "Done." },
      { text: "", calls: [edit("package.json", "{}", '{"scripts":{"postinstall":"x"}}')] },
      { text: "Done again." },
    ],
    { "a.txt": "one\n", "package.json": "{}\n" },
  );
  const confirm = (question: string) => Promise.resolve(question.includes("as they come"));
  await hold([say("shout"), say("and install")], {
    inPlace: "ask",
    confirm,
    turn: () => (write("a.txt", read("a.txt").replace(/^one/, "uno")), new AbortController().signal),
  });
  expect(read("a.txt")).toContain("<<<<<<< your file\nuno\n");
  expect(heard[1]).toMatchObject({ kind: "done", partly: true, text: expect.stringContaining("conflicts in a.txt") });
  expect(read("package.json")).toBe("{}\n");
  expect(heard.at(-1)).toMatchObject({
    kind: "refused",
    text: expect.stringContaining("person at the terminal did not"),
  });
  expect(events.findLast(({ type }) => type === "effect.judged")).toMatchObject({ effect: "apply", verdict: "deny" });
});

test("who says no to a session in place, or is alone with one that must not write, keeps their files", async () => {
  const replies = [{ text: "", calls: [edit("a.txt", "two", "2")] }, { text: "Done." }];
  const refused = await seat(replies);
  await refused.hold([say("a number")], { inPlace: "ask", confirm: () => Promise.resolve(false) });
  expect(refused.read("a.txt")).toBe("one\ntwo\nthree\n");
  const alone = await seat(replies);
  const both = { inPlace: "agreed", stays: false } as const;
  const end = await alone.hold([say("a number"), () => alone.write("a.txt", "one\nzwei\nthree\n")], both);
  expect(alone.read("a.txt")).toContain(">>>>>>> the session");
  expect(end).toMatchObject({ outcome: "workspace", reason: expect.stringContaining("settle the conflicts in a.txt") });
});
