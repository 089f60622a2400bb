import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { connectModel } from "../../src/models/connect.ts";
import { failureOf, opening, requestOf } from "./desk.ts";

let folder = "";
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "claw-script-"))));
afterAll(() => rm(folder, { recursive: true }));

async function session(content: unknown): Promise<string> {
  const file = join(folder, `${systemClock.newId()}.json`);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const signal = new AbortController().signal;
const connect = (file: string) => connectModel({ wire: "scripted", file }, systemClock);

test("replies come in the order of the file, by kind of session, found again from the history alone", async () => {
  const file = await session({
    note: "written by hand",
    sessions: {
      patch: [
        { text: "I look.", calls: [{ name: "bash", arguments: { command: "ls" } }] },
        {
          calls: [
            { name: "read", arguments: { path: "a" } },
            { name: "nope", arguments: {} },
          ],
        },
      ],
      reproduce: [{ text: "other" }],
    },
  });
  const model = await connect(file);
  const first = await model.ask(requestOf(), signal);
  expect(first).toMatchObject({
    stop: "calls",
    message: { text: "I look.", calls: [{ id: "c1", name: "bash", args: { command: "ls", timeout_s: null } }] },
  });
  const history = [
    ...opening,
    first.message,
    { role: "tool", callId: "c1", name: "bash", ok: true, text: "a" } as const,
  ];
  const second = await (await connect(file)).ask(requestOf(history), signal);
  expect(second.message.calls).toMatchObject([
    { id: "c2", args: { path: "a" } },
    { id: "c3", args: null, error: expect.stringMatching(/^there is no tool/) as string },
  ]);
  expect((await model.ask({ ...requestOf(), session: "reproduce" }, signal)).message.text).toBe("other");
});

test("it is labelled as recorded, costs nothing, and its usage is an estimate", async () => {
  const file = await session({ note: "", sessions: { patch: [{ text: "hi" }] } });
  const model = await connect(file);
  expect(model.info).toMatchObject({
    label: `scripted:${file} (recorded replies, no model)`,
    wire: "scripted",
    selfHosted: true,
  });
  const { usage } = await model.ask(requestOf(), signal);
  expect(usage).toMatchObject({ source: "estimated", outputVisible: 6 });
  expect([model.price(usage, 0, null, 1), model.ceiling(1_000, 1_000, 0)]).toEqual([0, 0]);
});

test("running out of replies is an error that says which was missing", async () => {
  const file = await session({ note: "", sessions: { patch: [{ text: "hi" }] } });
  const error = await failureOf(
    (await connect(file)).ask(requestOf([...opening, { role: "assistant", text: "hi", calls: [] }]), signal),
  );
  expect(error).toMatchObject({
    kind: "script_exhausted",
    outcome: "model-unavailable",
    message: `${file} has 1 reply for a patch session; number 2 was asked for`,
  });
  expect((await failureOf((await connect(file)).ask({ ...requestOf(), session: "triage" }, signal))).message).toContain(
    "has 0 replies for a triage session",
  );
});

test.each<[string, unknown, RegExp]>([
  ["no JSON", "{", /cannot read the recorded session/],
  ["an unknown key", { note: "", sessions: { patch: [{ txt: "hi" }] } }, /sessions\.patch\.0: .*txt/],
  [
    "a wrong type",
    { note: "", sessions: { patch: [{ calls: [{ name: "bash", arguments: "ls" }] }] } },
    /sessions\.patch\.0\.calls\.0\.arguments: /,
  ],
  ["no note", { sessions: {} }, /note: /],
])("a file with %s is refused with the place of the mistake", async (_what, content, message) => {
  await expect(connect(await session(content))).rejects.toMatchObject({
    outcome: "usage",
    message: expect.stringMatching(message) as string,
  });
});

test("a missing file is refused", async () => {
  await expect(connect(join(folder, "none.json"))).rejects.toMatchObject({ outcome: "usage" });
});
