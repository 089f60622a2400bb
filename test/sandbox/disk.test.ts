import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { freeSpace, isNearlyFull } from "../../src/sandbox/disk.ts";

test.each([
  [{ bytes: 100, files: 1 }, 50, false],
  [{ bytes: 49, files: 1 }, 50, true],
  [{ bytes: 100, files: 0.01 }, 50, true],
  [{ bytes: 100, files: 0.01 }, 0, false],
])("a disk with %j left is nearly full for a floor of %i bytes: %s", (left, floor, full) => {
  expect(isNearlyFull(left, floor)).toBe(full);
});

test("what is left of a disk is counted in bytes and in files", async () => {
  const { bytes, files } = await freeSpace(tmpdir());
  expect(bytes).toBeGreaterThan(0);
  expect(files).toBeGreaterThan(0);
  expect(files).toBeLessThanOrEqual(1);
});
