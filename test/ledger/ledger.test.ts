import { describe, expect, test } from "vitest";
import { Redacted } from "../../src/errors.ts";
import { scrubber } from "../../src/policy/secrets.ts";
import { seal } from "../../src/ledger/chain.ts";
import { recordRun, stage } from "../support/ledger-file.ts";
import { drivers } from "../support/ledger-drivers.ts";
import { memoryLedger, recordProvenFix } from "../support/recorded-fix.ts";

describe.each(drivers)("a ledger in $driver:", ({ ledgerOn }) => {
  test("bodies are there with the event they were staged for, not before", async () => {
    const { ledger, store } = await ledgerOn();
    const log = await ledger.open("run1");
    const sha = log.put("a body");
    expect(await log.text(sha)).toBe("a body");
    expect(await store.blob(sha)).toBeNull();
    await log.append(stage(1));
    expect(await ledger.text(sha)).toBe("a body");
  });

  test("facts told side by side keep the order in which they were told", async () => {
    const { ledger } = await ledgerOn();
    const log = await ledger.open("run1");
    const heard: number[] = [];
    log.listen(({ seq }) => heard.push(seq));
    await Promise.all(Array.from({ length: 20 }, (_, index) => log.append(stage(index))));
    const stages = (await ledger.read("run1")).events.map((event) => "stage" in event && event.stage);
    expect(stages).toEqual(Array.from({ length: 20 }, (_, index) => `stage ${index}`));
    expect(heard).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test("what came since a fact is read alone, and refused where it does not follow on it", async () => {
    const { ledger, tamper } = await ledgerOn();
    await recordRun(ledger, "run1", 5);
    const all = (await ledger.read("run1")).events;
    for (const from of [0, 1, all.length - 1, all.length, all.length + 5])
      expect(await ledger.since("run1", from)).toEqual(all.slice(from));
    await tamper("UPDATE events SET body = replace(body, 'stage 3', 'stage 4') WHERE run = 'run1'");
    await expect(ledger.since("run1", 2)).rejects.toThrow("does not match its hash");
  });

  test("facts that are only true together are refused together", async () => {
    const { ledger } = await ledgerOn();
    const log = await ledger.open("run1");
    const wrong = { type: "stage.started", stage: 7 } as never;
    await expect(log.appendTogether([stage(1), wrong])).rejects.toThrow("expected string");
    expect((await ledger.read("run1")).events).toEqual([]);
    await log.appendTogether([stage(1), stage(2)]);
    expect((await ledger.read("run1")).events).toHaveLength(2);
  });

  test("a fact that does not fit its shape is refused, and the next one is not harmed", async () => {
    const { ledger } = await ledgerOn();
    const log = await ledger.open("run1");
    await expect(log.append({ type: "stage.invented" } as never)).rejects.toThrow("Invalid");
    await log.append(stage(1));
    expect(log.events).toHaveLength(1);
  });

  describe("secrets are taken out before anything is hashed or stored:", () => {
    const secret = 'pa"ss\\wo\nrd1234';
    const token = `ghp_${"a1B2".repeat(10)}`;
    const scrub = scrubber([{ name: "MY_KEY", value: secret }]);

    test("in facts, also one that JSON has to quote", async () => {
      const { ledger, store } = await ledgerOn({ scrub });
      const log = await ledger.open("run1");
      await log.append(stage(`with ${secret} and\n${token}`));
      const [row] = await store.rows("run1");
      expect(row?.body).not.toContain("1234");
      expect(row?.body).not.toContain(token);
      expect(log.events[0]).toMatchObject({ stage: "stage with [redacted: MY_KEY] and\n[redacted: GitHub token]" });
    });

    test("in bodies of text and of JSON, where a line that begins with one is no hiding place", async () => {
      const { ledger } = await ledgerOn({ scrub });
      const log = await ledger.open("run1");
      const text = log.put(`${secret}\n${token}\n`);
      const json = log.putJson({ text: `first\n${token}\nlast ${secret}`, list: [token] });
      await log.append(stage(1));
      expect(await ledger.text(text)).toBe("[redacted: MY_KEY]\n[redacted: GitHub token]\n");
      expect(JSON.parse(await ledger.text(json))).toEqual({
        text: "first\n[redacted: GitHub token]\nlast [redacted: MY_KEY]",
        list: ["[redacted: GitHub token]"],
      });
    });

    test("and what is left is still JSON, however the text around it looks", async () => {
      const { ledger } = await ledgerOn({ scrub });
      const log = await ledger.open("run1");
      const parts = ['postgres://ada:L0velace-1815@"', "https://x", "mail", 'l0velace@"host', '"', "\\"];
      const json = log.putJson(parts);
      await log.append(stage(parts.join(",")));
      expect(JSON.parse(await ledger.text(json))).toHaveLength(parts.length);
    });
  });

  test("bytes are kept as they are", async () => {
    const { ledger } = await ledgerOn();
    const log = await ledger.open("run1");
    const bytes = Uint8Array.from({ length: 2000 }, (_, index) => index % 256);
    const sha = log.put(bytes);
    await log.append(stage(1));
    expect(Uint8Array.from(await ledger.bytes(sha))).toEqual(bytes);
  });

  test("a body that was redacted later is reported as such, and the chain still verifies", async () => {
    const { ledger, tamper } = await ledgerOn();
    const log = await ledger.open("run1");
    const sha = log.put("something that must go");
    await log.append(stage(1));
    await tamper(`UPDATE blobs SET data = NULL WHERE sha = '${sha}'`);
    await expect(ledger.text(sha)).rejects.toThrow(Redacted);
    await expect(ledger.read("run1")).resolves.toMatchObject({ events: [{ stage: "stage 1" }] });
  });

  test("an event of a kind that only a newer claw knows is a clear refusal, not a crash", async () => {
    const { ledger, tamper } = await ledgerOn();
    await recordRun(ledger, "run1", 1);
    const { head } = await ledger.read("run1");
    const body = '{"at":1,"type":"moon.landed"}';
    await tamper(`INSERT INTO events VALUES ('run1', 1, '${body}', '${seal(head, "run1", 1, body)}')`);
    await expect(ledger.read("run1")).rejects.toMatchObject({
      message: "event 1 of run run1 (moon.landed) is not one that this claw knows",
      outcome: "infrastructure",
    });
  });

  test("newest names the newest runs first, with their ends; find completes a run's beginning", async () => {
    const ledger = await memoryLedger();
    for (const run of ["0a1", "0a2", "0b%"]) await recordProvenFix(ledger, run);
    const open = await ledger.open("0c1");
    await open.append((await ledger.read("0a1")).events[0] as never);
    const newest = await ledger.newest(3);
    expect(newest.map(({ run, active, started, last }) => [run, active, started.type, last.type])).toEqual([
      ["0c1", true, "run.started", "run.started"],
      ["0b%", false, "run.started", "run.ended"],
      ["0a2", false, "run.started", "run.ended"],
    ]);
    expect(await ledger.find("0a")).toEqual(["0a1", "0a2"]);
    expect(await ledger.find("0b%")).toEqual(["0b%"]);
    expect(await ledger.find("%")).toEqual([]);
    expect(await ledger.find("x")).toEqual([]);
  });

  test("a run whose rows somebody deleted does not hide the others", async () => {
    const { ledger, tamper } = await ledgerOn();
    for (const run of ["r1", "r2"]) await recordProvenFix(ledger, run);
    await tamper("DELETE FROM events WHERE run = 'r2'");
    expect((await ledger.newest(5)).map(({ run }) => run)).toEqual(["r1"]);
  });
});
