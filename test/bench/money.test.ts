import { expect, onTestFinished, test } from "vitest";
import { compareBooks } from "../../bench/money/books.ts";
import { faultRun } from "../../bench/money/fault-run.ts";
import { startProvider } from "../../bench/money/provider.ts";
import { randomFrom } from "../../scripts/random.ts";
import { systemClock } from "../../src/clock.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { ledgerFile } from "../support/ledger-file.ts";

// `npm run bench -- money` does the same with a thousand runs in processes that are killed.
test("no run, day, repository or month is overspent, whatever the provider does and whoever crashes", async () => {
  const { file } = await ledgerFile();
  const provider = await startProvider(7);
  onTestFinished(() => provider.close());
  const budgets = { run: 80_000_000, day: 250_000_000, repository: 60_000_000, fleet: 240_000_000 };
  const runs = Array.from({ length: 24 }, (_, index) => `run-${index}`);
  const at = systemClock.now();
  const desks = await Promise.all(
    [1, 2].map(async () => openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text })),
  );
  onTestFinished(async () => void (await Promise.all(desks.map((ledger) => ledger.close()))));

  await Promise.all(
    runs.map((run, index) => {
      const ledger = desks[index % 2];
      if (!ledger) throw new Error("there are two");
      return faultRun(run, { ledger, url: provider.url, budgets, next: randomFrom(index) });
    }),
  );

  const [ledger] = desks;
  if (!ledger) throw new Error("there are two");
  const books = await compareBooks(ledger, provider.invoice, { runs, budgets, at });
  expect(books).toMatchObject({ overspent: [], undercounted: [] });
  expect(books.billed).toBeGreaterThan(10_000_000);
});
