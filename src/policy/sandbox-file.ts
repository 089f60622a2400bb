import { z } from "zod";
import { readStrictYaml } from "../strict-yaml.ts";
import { declaredHost } from "./host-rules.ts";

const MiB = 2 ** 20;
const count = z.int().min(1);

/** A policy for `claw sandbox --policy`: what one command may see, reach and use. */
export const SandboxFile = z.strictObject({
  workspace: z.enum(["rw", "ro"], { error: "must be rw or ro" }).default("rw"),
  network: z
    .strictObject({
      hosts: z.array(declaredHost).default([]),
      uploadMiB: count.optional(),
      connections: count.optional(),
    })
    .prefault({}),
  /** Absolute paths shown read-only, under the same name. */
  read: z.array(z.string().startsWith("/", "must be an absolute path")).default([]),
  env: z.record(z.string(), z.string()).default({}),
  limits: z
    .strictObject({
      seconds: count.optional(),
      idleSeconds: count.optional(),
      memoryMiB: count.optional(),
      processes: count.optional(),
      openFiles: count.optional(),
      fileMiB: count.optional(),
      diskMiB: count.optional(),
      outputMiB: count.optional(),
    })
    .prefault({}),
});
export type SandboxFile = z.infer<typeof SandboxFile>;

/** Reads a policy file; throws UsageError naming the line and a suggestion. */
export const readSandboxFile = (text: string, file: string): SandboxFile =>
  readStrictYaml(text, { file, schema: SandboxFile, published: () => z.toJSONSchema(SandboxFile, { io: "input" }) });

/** A file's limits in bytes and milliseconds, only those that it names. */
export function limitsOf({ limits }: SandboxFile): Readonly<Record<string, number>> {
  const sizes = {
    memoryBytes: limits.memoryMiB,
    fileBytes: limits.fileMiB,
    diskBytes: limits.diskMiB,
    outputKillBytes: limits.outputMiB,
  };
  const all = {
    wallMs: limits.seconds && limits.seconds * 1000,
    idleMs: limits.idleSeconds && limits.idleSeconds * 1000,
    processes: limits.processes,
    openFiles: limits.openFiles,
    ...Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size && size * MiB])),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
