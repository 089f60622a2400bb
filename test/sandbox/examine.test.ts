import { expect, test } from "vitest";
import { examineSandbox } from "../../src/sandbox/examine.ts";
import { workbench } from "./workbench.ts";

test("a machine without bubblewrap is told so, with what to install, and nothing is thrown", async () => {
  const { host } = workbench();
  expect(await examineSandbox({ ...host, bwrap: "/nonexistent/bwrap" })).toMatchObject({
    level: "none",
    version: null,
    probes: [],
    refusal: { reason: expect.stringContaining("/nonexistent/bwrap"), remedy: expect.stringContaining("install") },
  });
});
