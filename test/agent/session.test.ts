import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drive, type Opening } from "../../src/agent/loop.ts";
import type { Agent } from "../../src/agent/agent.ts";
import type { Event } from "../../src/ledger/events.ts";
import type { Message } from "../../src/ledger/message.ts";
import { roles } from "../../src/policy/roles.ts";
import { foldSession } from "../../src/views/session.ts";
import { change, type Desk, desks, done, failure, type Line, look, scripted, sh } from "../support/desk.ts";

const open = desks();
const opening: Opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: "Mend it." };
const never = new AbortController().signal;

/** Holds a session with a model that says these lines; what it left is in the desk. */
async function hold(desk: Desk, lines: readonly Line[], changes: Partial<Agent> = {}) {
  const model = scripted(lines);
  const ended = await drive("patch", opening, desk.agent(model, changes), never);
  return { ended, requests: model.requests };
}

const typesOf = (desk: Desk): string[] => desk.log.events.map(({ type }) => type);
const answers = async (desk: Desk): Promise<string[]> =>
  (await desk.transcript()).flatMap((message) => (message.role === "tool" ? [message.text] : []));
const harness = async (desk: Desk): Promise<string[]> =>
  (await desk.transcript()).flatMap((message) =>
    message.role === "user" && message.origin === "harness" ? [message.text] : [],
  );

test("a session: asked, judged, done, recorded, in this order, until it is finished", async () => {
  const desk = await open({ "a.txt": "one\n" });
  const { ended, requests } = await hold(desk, [[look("a.txt")], [change("a.txt", "one", "two")], [done()]]);
  expect(ended).toMatchObject({ reason: "finished", detail: "done: It was the loop." });
  expect(desk.file("a.txt")).toBe("two\n");
  const turn = ["model.requested", "model.replied", "call.judged", "call.finished"];
  expect(typesOf(desk)).toEqual([
    "session.started",
    "message.added",
    "message.added",
    ...turn,
    ...turn,
    ...turn,
    "session.ended",
  ]);
  expect(requests[0]).toMatchObject({
    session: "patch",
    messages: [
      { role: "system", text: "You mend code." },
      { role: "user", origin: "task", text: "Mend it." },
    ],
  });
  expect(requests[0]?.tools.map(({ name }) => name)).toEqual(["bash", "edit", "finish", "read"]);
});

test("history is append-only: each request begins with the whole one before it, byte for byte", async () => {
  const desk = await open({ "a.txt": "one\n" });
  const lines: Line[] = ["hm", [look("a.txt"), sh("false")], failure("server"), [["nonsense", {}]], [done()]];
  const { requests } = await hold(desk, lines);
  expect(requests.length).toBeGreaterThan(4);
  for (const [index, { messages, tools }] of requests.entries()) {
    const before = requests[index - 1];
    expect(JSON.stringify(messages.slice(0, before?.messages.length ?? 0))).toBe(
      JSON.stringify(before?.messages ?? []),
    );
    expect(JSON.stringify(tools)).toBe(JSON.stringify(requests[0]?.tools));
  }
});

describe("a call is answered and not executed", () => {
  test.each([
    ["when its arguments cannot be read", ["bash", null], "not run: the arguments are cut off"],
    [
      "when there is no such tool",
      ["merge", { branch: "main" }],
      "not run: there is no tool named merge; there are bash, edit, finish, read",
    ],
    ["when its arguments do not fit", ["bash", { command: "", timeout_s: null }], "not run: command: "],
  ] as const)("%s", async (_, wish, answer) => {
    const desk = await open();
    const { ended } = await hold(desk, [[[wish[0], wish[1]], sh("touch next")], [done()]]);
    expect((await answers(desk))[0]?.slice(0, answer.length)).toBe(answer);
    expect(desk.file("next")).toBe("");
    expect(ended.reason).toBe("finished");
  });

  test("when the role does not have the tool, and the verdict is on record", async () => {
    const desk = await open({ "a.txt": "one" });
    await hold(desk, [[change("a.txt", "one", "two")], [done()]], { role: roles.propose });
    expect(await answers(desk)).toEqual(["not run: denied: role propose has no edit", "accepted"]);
    expect(desk.log.events.find(({ type }) => type === "call.judged")).toMatchObject({ verdict: "deny", tool: "edit" });
    expect(desk.file("a.txt")).toBe("one");
  });
});

test("a failed edit cancels later calls of the same reply that do something, not reads, and not those of the next", async () => {
  const desk = await open({ "a.txt": "one" });
  const lines: Line[] = [
    [sh("touch before"), change("a.txt", "none", "x"), sh("touch after"), look("a.txt")],
    [sh("touch next")],
    [done()],
  ];
  await hold(desk, lines);
  const [, , third, fourth] = await answers(desk);
  expect(third).toBe("not run: an edit before it in the same reply failed");
  expect(fourth).toContain("one");
  expect(() => desk.file("after")).toThrow("ENOENT");
  expect([desk.file("before"), desk.file("next")]).toEqual(["", ""]);
});

describe("a session that gets nowhere", () => {
  test("is told so when it only talks, told again when that goes on, and then stopped", async () => {
    const desk = await open();
    const { ended, requests } = await hold(desk, Array(10).fill("I think about it."));
    expect(ended).toMatchObject({ reason: "stuck", detail: "3 replies in a row called no tool" });
    expect(requests).toHaveLength(6);
    const nudge = expect.stringContaining("nothing happens without a tool call") as string;
    const circle = expect.stringContaining("3 replies in a row called no tool. State a new idea") as string;
    expect(await harness(desk)).toEqual([nudge, nudge, circle, nudge, nudge]);
  });

  test("is told so after the same failure three times, and stopped after three more", async () => {
    const desk = await open();
    const { ended, requests } = await hold(desk, Array(10).fill([sh("ls /nowhere")]));
    expect(ended).toMatchObject({
      reason: "stuck",
      detail: expect.stringMatching(/^the same bash call failed 3 times .calls 4, 5 and 6., with nothing/) as string,
    });
    expect(requests).toHaveLength(6);
    expect(await harness(desk)).toHaveLength(1);
  });

  test("goes on when it was told and does something else", async () => {
    const desk = await open();
    const same: Line = [sh("ls /nowhere")];
    const { ended } = await hold(desk, [same, same, same, [sh("ls")], same, [done()]]);
    expect(ended.reason).toBe("finished");
  });
});

test("an answer to finish that asks for more goes back to the model, and the session goes on", async () => {
  const desk = await open();
  let asked = 0;
  const finish: Agent["finish"] = async () =>
    ++asked === 1
      ? { accepted: false, message: "not accepted: 1 test fails" }
      : { accepted: true, detail: "done: better" };
  const { ended } = await hold(desk, [[done()], [sh("true")], [done()]], { finish });
  expect(ended).toMatchObject({ reason: "finished", detail: "done: better" });
  expect((await answers(desk))[0]).toBe("not accepted: 1 test fails");
});

describe("no request is sent that the budget does not allow:", () => {
  const limits = { usdNano: 1e9, turns: 100, tokens: 1_000_000, wallMs: 60_000, attempts: 3 };
  const working: Line[] = Array.from({ length: 20 }, (_, index) => [sh(`echo ${index}`)]);

  test.each([
    ["money", { usdNano: 5_500_000 }, 4, "$0.0040 of $0.0055 spent; the next request may cost up to $0.0020"],
    ["turns", { turns: 3 }, 3, "3 turns used"],
    ["tokens", { tokens: 2500 }, null, "tokens used; the next request does not fit"],
    ["money for not even one", { usdNano: 1_000_000 }, 0, "$0.0000 of $0.0010 spent"],
  ])("%s", async (_, narrower, sent, words) => {
    const desk = await open();
    const { ended, requests } = await hold(desk, working, { limits: { ...limits, ...narrower } });
    expect(ended).toMatchObject({ reason: "over-budget", detail: expect.stringContaining(words) as string });
    expect(requests).toHaveLength(sent ?? requests.length);
    expect(requests.length).toBeLessThan(20);
    expect(desk.log.events.filter(({ type }) => type === "model.requested")).toHaveLength(requests.length);
  });

  test("the model is told once that little is left", async () => {
    const desk = await open();
    await hold(desk, working, { limits: { ...limits, turns: 10 } });
    expect(await harness(desk)).toEqual(["claw: less than 15 % of the budget is left. Finish with what is verified."]);
  });

  test("also not for the repetition of one that failed and may have been billed", async () => {
    const desk = await open();
    const lines: Line[] = [failure("stream_truncated", { billable: true }), [done()]];
    const { ended, requests } = await hold(desk, lines, { limits: { ...limits, usdNano: 3_000_000 } });
    expect(ended).toMatchObject({
      reason: "over-budget",
      detail: expect.stringContaining("$0.0020 of $0.0030") as string,
    });
    expect(requests).toHaveLength(1);
  });
});

describe("a request that fails", () => {
  test("is repeated after a wait, each attempt and each wait on record, with the same bytes", async () => {
    const desk = await open();
    const slept: number[] = [];
    const { clock } = desk.agent(scripted([]));
    const patient = { ...clock, sleep: async (ms: number) => void slept.push(ms) };
    const lines: Line[] = [failure("rate", { afterMs: 7000 }), failure("server"), [done()]];
    const { ended, requests } = await hold(desk, lines, { clock: patient });
    expect(ended.reason).toBe("finished");
    expect(slept).toEqual([7000, 500]);
    const attempt = ["model.requested", "model.failed", "model.waited"];
    expect(typesOf(desk).slice(3, 11)).toEqual([...attempt, ...attempt, "model.requested", "model.replied"]);
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
  });

  test("and cannot succeed ends the session with the model's own error, on record", async () => {
    const desk = await open();
    await expect(hold(desk, [failure("auth")])).rejects.toMatchObject({ kind: "auth", outcome: "model-unavailable" });
    expect(typesOf(desk).at(-1)).toBe("model.failed");
    expect(foldSession(desk.log.events, "patch").ended).toBeNull();
  });

  test("because the session no longer fits the model ends it as over budget", async () => {
    const desk = await open();
    const { ended } = await hold(desk, [failure("context_overflow")]);
    expect(ended).toMatchObject({ reason: "over-budget", detail: expect.stringContaining("no longer fits") as string });
  });

  test("while somebody stops the run is no failure, and what was reserved counts as spent", async () => {
    const desk = await open();
    const stop = new AbortController();
    const reason = new Error("stop");
    const model = { ...scripted([]), ask: () => Promise.reject((stop.abort(reason), failure("aborted"))) };
    await expect(drive("patch", opening, desk.agent(model), stop.signal)).rejects.toMatchObject({ kind: "aborted" });
    expect(typesOf(desk).at(-1)).toBe("model.requested");
  });
});

test("a call that was stopped has no result: it is in doubt", async () => {
  const desk = await open();
  const stop = new AbortController();
  const reason = new Error("stop");
  const agent = desk.agent(scripted([[sh("echo begun; sleep 60")]]), { onOutput: () => stop.abort(reason) });
  await expect(drive("patch", opening, agent, stop.signal)).rejects.toBe(reason);
  expect(typesOf(desk).at(-1)).toBe("call.judged");
  expect(foldSession(desk.log.events, "patch").inDoubt).toEqual(["c0-0"]);
});

describe("a session whose process died anywhere goes on to the same end", () => {
  const lines: Line[] = [
    [look("a.txt"), sh("echo ran >> effects")],
    "I think.",
    [change("a.txt", "one", "two"), change("a.txt", "none", "x"), sh("echo never >> effects")],
    [look("a.txt")],
    [done()],
  ];
  const files = { "a.txt": "one\n" };
  const effectsOf = (desk: Desk): string => join(desk.workspace, "effects");
  /** Drives a session in which appending fact number `at` is the last thing that happens, whether it still got through or not. */
  async function dieAt(desk: Desk, at: number, stored: boolean): Promise<void> {
    const { log } = desk;
    let told = 0;
    const dying = {
      ...log,
      events: log.events,
      async appendTogether(events: readonly Event[]) {
        const dies = told <= at && at < told + events.length;
        told += events.length;
        if (dies && !stored) throw new Error("died");
        const recorded = await log.appendTogether(events);
        if (dies) throw new Error("died");
        return recorded;
      },
    };
    await drive("patch", opening, desk.agent(scripted(lines), { log: dying }), never).catch((error: Error) => {
      if (error.message !== "died") throw error;
    });
  }

  /** What may differ: whether a command ran that was in doubt, that an edit was there already, and times. */
  const levelled = (messages: readonly Message[]): unknown[] =>
    messages.map((message) =>
      message.role !== "tool"
        ? message
        : ["c0-1", "c2-0"].includes(message.callId)
          ? message.callId
          : { ...message, text: message.text.replace(/\d+ ms/, "") },
    );

  test.each([true, false])("when the last fact got through: %s", async (stored) => {
    const whole = await open(files);
    await hold(whole, lines);
    const expected = levelled(await whole.transcript());
    for (let at = 0; at < whole.log.events.length; at++) {
      rmSync(effectsOf(whole), { force: true });
      const desk = await open(files, whole);
      expect([desk.file("a.txt"), existsSync(effectsOf(desk))]).toEqual(["one\n", false]);
      await dieAt(desk, at, stored);
      const { ended, requests } = await hold(desk, lines, { log: await desk.ledger.open("run1") });

      expect(ended).toMatchObject({ reason: "finished", detail: "done: It was the loop." });
      expect(levelled(await desk.transcript())).toEqual(expected);
      for (const { messages } of requests) expect(levelled(messages)).toEqual(expected.slice(0, messages.length));
      expect(desk.file("a.txt")).toBe("two\n");
      // In doubt is not done again: the command ran once, or not at all when it had only been allowed.
      const inDoubt = (await answers(desk))[1]?.includes("cannot know");
      const effects = effectsOf(desk);
      expect(existsSync(effects) ? readFileSync(effects, "utf8") : "").toBe(inDoubt && stored ? "" : "ran\n");
    }
  });
});
