import type { Limits } from "../../src/sandbox/sandbox.ts";

export const MiB = 2 ** 20;

/** Small enough to be reached in a test, large enough not to be met by accident. */
export const limits: Limits = {
  wallMs: 30_000,
  idleMs: 30_000,
  outputBytes: MiB,
  outputKillBytes: 16 * MiB,
  openFiles: 1024,
  fileBytes: 512 * MiB,
  processes: 256,
  memoryBytes: 2048 * MiB,
  diskBytes: 1024 * MiB,
  diskFloorBytes: 0,
};
