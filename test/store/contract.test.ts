import { describe, expect, test } from "vitest";
import type { IndexEntry } from "../../src/store/run-index.ts";
import type { AnchorRow, Row } from "../../src/store/store.ts";
import { drivers } from "../support/ledger-drivers.ts";

const row = (seq: number, body = "{}"): Row => ({ run: "run1", seq, body, hash: `hash ${seq}` });

describe.each(drivers)("a store in $driver:", ({ ledgerOn }) => {
  test("rows and blobs of one append are there together, or not at all", async () => {
    const { store } = await ledgerOn();
    await store.append({ rows: [row(0)], blobs: [], durable: false });
    const blobs = [{ sha: "abc", data: Buffer.from("body") }];
    await expect(store.append({ rows: [row(1), row(0)], blobs, durable: true })).rejects.toMatchObject({
      name: "Fenced",
    });
    expect(await store.rows("run1")).toEqual([row(0)]);
    expect(await store.blob("abc")).toBeNull();
  });

  test("a body comes back byte for byte, whatever its size and content, also when it is given twice", async () => {
    const { store } = await ledgerOn();
    const contents = ["", "short", "long ".repeat(10_000), Buffer.from([0, 255, 10, 13])];
    const bodies = contents.map((body) => Buffer.from(body as string));
    const blobs = bodies.map((data, index) => ({ sha: `sha${index}`, data }));
    await store.append({ rows: [row(0)], blobs: [...blobs, ...blobs], durable: false });
    for (const { sha, data } of blobs) expect(Buffer.from((await store.blob(sha)) ?? []).equals(data)).toBe(true);
    expect(await store.lacking(["sha1", "other", "sha0"])).toEqual(["other"]);
    const page = await store.bodiesAfter("sha0", 2);
    expect(page.map(({ sha, exact }) => [sha, exact])).toEqual([
      ["sha1", true],
      ["sha2", true],
    ]);
  });

  test("a body that is taken out is known to have been there, and comes back when it is written again", async () => {
    const { store } = await ledgerOn();
    const blobs = [{ sha: "abc", data: Buffer.from("body") }];
    await store.append({ rows: [], blobs, durable: false });
    expect(await store.bodyBytes(["abc", "none"])).toBe(4);
    await store.dropBodies(["abc"]);
    expect([await store.blob("abc"), await store.isDropped("abc"), await store.isDropped("none")]).toEqual([
      null,
      true,
      false,
    ]);
    expect((await store.size()).bodies).toMatchObject({ count: 0, redacted: 1 });
    await store.append({ rows: [], blobs, durable: false });
    expect(await store.isDropped("abc")).toBe(false);
  });

  test("anchors that are added side by side follow each other", async () => {
    const { store } = await ledgerOn();
    const next = (newest: AnchorRow | null): AnchorRow => {
      const seq = (newest?.seq ?? -1) + 1;
      return { seq, run: "run1", last: 0, head: "head", at: 1, hash: `${newest?.hash ?? ""}${seq % 10}` };
    };
    await Promise.all(Array.from({ length: 12 }, () => store.anchor(next)));
    expect((await store.anchors(10)).map(({ seq, hash }) => [seq, hash])).toEqual([
      [10, "01234567890"],
      [11, "012345678901"],
    ]);
    expect(await store.anchors(3, 2)).toHaveLength(2);
  });

  test("of many who claim a run at once one gets it, and each time it changes hands its fence rises", async () => {
    const { store } = await ledgerOn();
    const claims = Array.from({ length: 8 }, (_, index) => ({
      owner: `host ${index}`,
      until: 5,
      mayTake: () => false,
    }));
    const leases = await Promise.all(claims.map((claim) => store.claim("run1", claim)));
    const [lease, ...others] = leases.filter((one) => one !== null);
    expect(others).toEqual([]);
    expect(lease?.fence).toBe(1);
    if (!lease) return;
    const taken = await store.claim("run1", { owner: "another", until: 9, mayTake: ({ until }) => until === 5 });
    expect(taken).toEqual({ run: "run1", owner: "another", fence: 2 });
    await expect(store.append({ rows: [row(0)], blobs: [], durable: false, lease })).rejects.toThrow("another process");
    expect([await store.renew(lease, 7), taken && (await store.renew(taken, 11))]).toEqual([false, true]);
    await store.release(lease);
    expect(await store.held()).toEqual([{ run: "run1", owner: "another", until: 11, fence: 2 }]);
  });

  test("a note that many change at once loses none of the changes", async () => {
    const { store } = await ledgerOn();
    const count = (body: string | null) => ({ body: String(Number(body ?? 0) + 1), result: Number(body ?? 0) });
    await Promise.all(Array.from({ length: 10 }, () => store.change("key", count)));
    expect(await store.change("key", (body) => ({ body, result: body }))).toBe("10");
    await store.change("key", () => ({ body: null, result: null }));
    expect(await store.change("key", (body) => ({ body, result: body }))).toBeNull();
  });

  test("the list of runs is read by what it is asked for, newest first, page by page", async () => {
    const { store } = await ledgerOn();
    const plain = { last: 0, workflow: "fix", repository: "/r", outcome: "done", parent: null, shown: "{}" };
    const entry = (run: string, more: Partial<IndexEntry> = {}): IndexEntry => ({
      ...plain,
      run,
      started: Number(run.slice(1)),
      ...more,
    });
    const entries = [entry("a1"), entry("a2", { outcome: "stuck", parent: "a1" }), entry("a3"), entry("a4")];
    for (const { run } of entries) await store.append({ rows: [{ ...row(0), run }], blobs: [], durable: false });
    expect(await store.unindexed()).toEqual(["a4", "a3", "a2", "a1"]);
    await store.putIndex(entries);
    expect(await store.unindexed({ newest: 2, from: "a3" })).toEqual([]);
    const runs = async (query: object) => (await store.indexed({ limit: 9, ...query })).map(({ run }) => run);
    expect(await runs({})).toEqual(["a4", "a3", "a2", "a1"]);
    expect(await runs({ limit: 2, after: "a4" })).toEqual(["a3", "a2"]);
    expect([await runs({ outcome: "stuck" }), await runs({ parent: "a1" }), await runs({ since: 3 })]).toEqual([
      ["a2"],
      ["a2"],
      ["a4", "a3"],
    ]);
    expect(await store.listing("a2")).toEqual({ entry: entries[1], upTo: 0 });
    await store.append({ rows: [{ ...row(1), run: "a3" }], blobs: [], durable: false });
    expect(await store.unindexed({ newest: 2, from: "a3" })).toEqual(["a3"]);
    await store.putIndex([entry("b1")]);
    expect(await store.strayListings(5)).toEqual(["b1"]);
    await store.dropIndex();
    expect([await runs({}), await store.listing("a2")]).toEqual([[], { entry: null, upTo: -1 }]);
  });
});
