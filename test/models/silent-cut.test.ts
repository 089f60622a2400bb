import { expect, test } from "vitest";
import type { Usage } from "../../src/ledger/message.ts";
import type { Reply } from "../../src/models/model.ts";
import { silentlyCut } from "../../src/models/silent-cut.ts";

const read = (tokens: number, changes: Partial<Usage> = {}): Usage => ({
  inputUncached: tokens,
  inputCacheRead: 0,
  inputCacheWrite: 0,
  outputVisible: 1,
  outputReasoning: 0,
  source: "provider",
  ...changes,
});
const info = { endpoint: "ollama", model: "m", wire: "chat", selfHosted: true, label: "", maxOutputTokens: 1 } as const;
const reply = (usage: Usage) => ({ usage }) as Reply;

test("a server that reads 4,096 tokens of whatever it is sent is found out at the second such reply", () => {
  const before = { bytes: 40_000, usage: read(4_090) };
  const error = silentlyCut(reply(read(4_085)), 60_000, before, { info });
  expect([error?.kind, error?.message]).toEqual([
    "context_overflow",
    "ollama read 4085 tokens of a request of some 16667: it cuts off what does not fit its context, and does not say so",
  ]);
  expect(silentlyCut(reply(read(4_085)), 60_000, null, { info })).toBeNull();
});

const cut = { bytes: 40_000, usage: read(4_000) };
test.each<[string, Usage, typeof cut, boolean]>([
  ["that counted all of it", read(15_000), cut, true],
  ["whose last reply was whole", read(4_000), { bytes: 40_000, usage: read(11_000) }, true],
  ["that counts only what is new", read(400), { bytes: 40_000, usage: read(300) }, true],
  ["that found the rest in its cache", read(400, { inputCacheRead: 14_000 }), cut, true],
  ["that counts nothing", read(4_000, { source: "estimated" }), cut, true],
  ["in the cloud, which says so when it is too much", read(4_000), cut, false],
])("a server %s is believed", (_, usage, before, selfHosted) => {
  expect(silentlyCut(reply(usage), 60_000, before, { info: { ...info, selfHosted } })).toBeNull();
});
