import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { readManifest } from "../../src/policy/manifest.ts";
import { modelsOf } from "../../src/workflows/model-wish.ts";
import { houseAt } from "../support/house.ts";
import { memoryLedger } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

test("a run whose model is not configured in this shell waits for it, rather than ending", async () => {
  const ledger = await memoryLedger();
  const limits = { usdNano: null, turns: 100, wallMs: 1000, tokens: 1000, attempts: 3 };
  const model = () => Promise.reject(new UsageError("no model is configured", "set OPENAI_API_KEY"));
  const parts = { log: await ledger.open("run1"), manifest: readManifest(""), limits, model };
  await expect(modelsOf(houseAt(temporaryDirectory(), ledger), parts).model()).rejects.toMatchObject({
    outcome: "model-unavailable",
    message: "no model is configured",
    hint: "set OPENAI_API_KEY",
  });
});
