import { expect, test } from "vitest";
import { readManifest } from "../../src/policy/manifest.ts";
import { levelOf, reaches } from "../../src/policy/sandbox-level.ts";

test("a sandbox that lacks nothing is complete, and only it is enough where a complete one is asked for", () => {
  expect([levelOf([]), levelOf(["cgroup"])]).toEqual(["complete", "standard"]);
  expect([reaches("standard", ["cgroup"]), reaches("complete", ["cgroup"]), reaches("complete", [])]).toEqual([
    true,
    false,
    true,
  ]);
});

test("a repository asks for no more than the standard unless it says so, and for nothing less", () => {
  expect(readManifest(undefined).sandbox.level).toBe("standard");
  expect(readManifest("sandbox:\n  level: complete\n").sandbox.level).toBe("complete");
  expect(() => readManifest("sandbox:\n  level: none\n")).toThrow("claw.yaml");
});
