import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { machine, resultOf } from "../support/claw.ts";
import { startModelServer } from "../support/model-server.ts";
import { blocked, playing, replace } from "../support/plays.ts";
import { patchesSum, reproducesSum, sumIssue, sumRepository } from "../support/shell-sum.ts";

test("a run begins with the cheap model and moves to the strong one when the proof fails, in a fresh workspace", async () => {
  const weak = playing({
    reproduce: reproducesSum,
    patch: [replace("sum.sh", "total + number", "total - number"), blocked("I cannot see why")],
  });
  const strong = playing({ patch: patchesSum });
  const server = await startModelServer((request) => (request.body["model"] === "weak" ? weak : strong)(request));
  const used = machine();
  onTestFinished(async () => {
    await server.close();
    used.remove();
  });
  const config = join(used.env["HOME"] ?? "", ".config", "claw");
  mkdirSync(config, { recursive: true });
  writeFileSync(
    join(config, "config.yaml"),
    `models: [local/weak, local/strong]\nendpoints:\n  local: { baseUrl: "${server.url}" }\n`,
  );
  const cwd = await used.repository("sum", sumRepository);

  const fixed = await used.claw(["fix", sumIssue, "--json"], { cwd });

  expect([fixed.code, resultOf(fixed)]).toMatchObject([0, { outcome: "proven" }]);
  const { run = "" } = resultOf(fixed) as Readonly<Record<string, string>>;
  const asked = server.requests.map(({ body }) => body["model"]);
  expect(asked.lastIndexOf("weak")).toBeLessThan(asked.indexOf("strong"));
  const first = server.requests.find(({ body }) => body["model"] === "strong")?.raw ?? "";
  expect(first).toContain("Another model tried this before you");
  expect(first).toContain("I cannot see why");
  const shown = await used.claw(["show", run], { cwd });
  expect(shown.stdout).toContain("local/weak did not do it (the model gave up: I cannot see why), then local/strong");
  expect((await used.claw(["diff", run], { cwd })).stdout).not.toContain("total - number");
});
