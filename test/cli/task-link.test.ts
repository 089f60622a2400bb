import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { aboutOf, feedQueue } from "../../src/fleet/feed.ts";
import { type } from "../support/cli-desk.ts";
import { added } from "../support/pool.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

test("a link that would have tasks wait for each other is refused, and changes nothing", async () => {
  const ledger = await memoryLedger();
  for (const id of ["t-aaaa", "t-bbbb", "t-cccc"]) await ledger.addTask(id, added(id));
  const link = (...words: string[]) => type(["task", "link", ...words], { ledger });
  expect((await link("t-aaaa", "blocks", "t-bbbb")).code).toBe(0);
  expect((await link("t-bbbb", "parent", "t-cccc")).code).toBe(0);
  for (const words of [
    ["t-cccc", "blocks", "t-aaaa"],
    ["t-aaaa", "blocked-by", "t-cccc"],
    ["t-cccc", "parent", "t-aaaa"],
    ["t-aaaa", "duplicates", "t-bbbb"],
  ]) {
    const { code, err } = await link(...words);
    expect({ words, code }).toEqual({ words, code: 2 });
    expect(err).toContain("would wait for each other: t-");
  }
  expect((await ledger.read("t-cccc")).events).toHaveLength(1);
  expect((await link("t-aaaa", "blocks", "t-cccc")).code).toBe(0);
  await link("t-aaaa", "blocks", "t-bbbb", "--remove");
  await link("t-aaaa", "blocks", "t-cccc", "--remove");
  expect((await link("t-cccc", "blocks", "t-aaaa")).code).toBe(0);
});

test("a file whose tasks would wait for each other, alone or with those that are here, is refused whole, and the circle is named", async () => {
  const ledger = await memoryLedger();
  const ids = ["t-aaaa", "t-bbbb", "t-cccc"] as const;
  for (const id of ids) await ledger.addTask(id, added(id));
  await type(["task", "link", "t-aaaa", "blocks", "t-bbbb"], { ledger });
  const lines = (await type(["task", "export"], { ledger })).out.trimEnd().split("\n");
  const withLinks = (links: Readonly<Record<string, readonly object[]>>): string =>
    lines
      .map((line) => JSON.parse(line) as { readonly task: string })
      .flatMap((task) => (links[task.task] ? [JSON.stringify({ ...task, links: links[task.task] })] : []))
      .join("\n");
  const take = (text: string) => type(["task", "import", "-"], { ledger, stdin: Buffer.from(text) });
  for (const [links, circle] of [
    [{ "t-bbbb": [{ kind: "parent", to: "t-aaaa" }] }, "t-bbbb before t-aaaa before t-bbbb"],
    [{ "t-cccc": [{ kind: "blocks", to: "t-cccc" }] }, "t-cccc before t-cccc"],
    [
      { "t-bbbb": [{ kind: "blocks", to: "t-cccc" }], "t-cccc": [{ kind: "blocks", to: "t-aaaa" }] },
      "t-cccc before t-aaaa before t-bbbb before t-cccc",
    ],
  ] as const) {
    const { code, err } = await take(withLinks(links));
    expect([code, err]).toEqual([2, expect.stringContaining(`wait for each other: ${circle}\n`)]);
  }
  const beads = ["a", "b"].map((id) =>
    JSON.stringify({ id, title: id, dependencies: [{ depends_on_id: id === "a" ? "b" : "a", type: "blocks" }] }),
  );
  const ofBeads = { ledger, stdin: Buffer.from(beads.join("\n")), cwd: process.cwd() };
  expect((await type(["task", "import", "-", "--format", "beads"], ofBeads)).err).toMatch(
    /: (a before b before a|b before a before b)\n/,
  );
  expect((await ledger.read("t-cccc")).events).toHaveLength(1);
  expect(await take(withLinks({ "t-bbbb": [{ kind: "blocks", to: "t-cccc" }] }))).toMatchObject({ code: 0 });
});

test("a task that is closed, held or blocked leaves the queue at once, and comes back when it is wanted again", async () => {
  const ledger = await memoryLedger();
  for (const id of ["t-aaaa", "t-bbbb", "t-cccc"]) await ledger.addTask(id, added(id));
  const feed = () => feedQueue({ ledger, clock: systemClock }, (task) => aboutOf(task, "m"));
  const waiting = async () => {
    const { out } = await type(["queue", "stats", "--json"], { ledger });
    return (JSON.parse(out) as { readonly totals: { readonly ready: number } }).totals.ready;
  };
  await feed();
  expect(await waiting()).toBe(3);
  await type(["task", "close", "t-aaaa"], { ledger });
  await type(["task", "change", "t-bbbb", "--hold"], { ledger });
  expect(await waiting()).toBe(1);
  await type(["task", "change", "t-bbbb", "--release"], { ledger });
  await feed();
  expect(await waiting()).toBe(2);
  await type(["task", "link", "t-bbbb", "blocks", "t-cccc"], { ledger });
  await feed();
  expect(await waiting()).toBe(1);
});
