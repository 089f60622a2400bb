import { z } from "zod";
import { readStrictYaml } from "../strict-yaml.ts";
import { declaredHost } from "./host-rules.ts";

const MiB = 2 ** 20;
const count = z.int().min(1);

/** What a machine may lack, by the names that `claw doctor sandbox` uses. */
const ability = z.enum([
  "cgroup",
  "uid-drop",
  "disable-userns",
  "end-with-claw",
  "devices",
  "bubblewrap",
  "disk",
  "idle",
  "watchdog",
  "no-pidns",
  "shared-loopback",
]);

/** A name that `--policy`, claw.yaml and role files can say; its file is <name>.yaml. */
export const policyName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/, "must be the name of a policy: lower-case letters, digits and hyphens");

/** A sandbox policy of the user's: what one command may see, reach and use. */
export const SandboxFile = z.strictObject({
  /** May a repository's claw.yaml and role files name it? */
  offered: z.boolean().default(false),
  /** May `claw sandbox --egress` add hosts to those of the policy? */
  cliMayWiden: z.boolean().default(false),
  workspace: z.enum(["rw", "ro"], { error: "must be rw or ro" }).default("rw"),
  /** private: a disposable git directory; none: an empty, reserved place. The repository's own is never shown. */
  git: z.enum(["private", "none"], { error: "must be private or none" }).default("private"),
  network: z
    .strictObject({
      hosts: z.array(declaredHost).default([]),
      uploadMiB: count.optional(),
      connections: count.optional(),
    })
    .prefault({}),
  /** Absolute paths shown read-only, under the same name. */
  read: z.array(z.string().startsWith("/", "must be an absolute path")).default([]),
  /** Committed files that are hidden, and with "!" shown, besides what claw.yaml says. */
  mask: z.array(z.string().min(1)).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** Variables of the user's that are passed on. */
  pass: z
    .array(
      z
        .string()
        .min(1)
        .refine((name) => name !== "NODE_OPTIONS", "write NODE_OPTIONS into env, with the value it is to have inside"),
    )
    .default([]),
  limits: z
    .strictObject({
      seconds: count.optional(),
      idleSeconds: count.optional(),
      memoryMiB: count.optional(),
      processes: count.optional(),
      openFiles: count.optional(),
      fileMiB: count.optional(),
      diskMiB: count.optional(),
      diskFloorMiB: count.optional(),
      outputMiB: count.optional(),
      nice: z.int().min(0).max(19).optional(),
    })
    .prefault({}),
  ptrace: z.boolean().default(false),
  unixSockets: z.boolean().default(true),
  shmMiB: count.optional(),
  nested: z
    .literal("refuse", {
      error:
        "must be refuse: without /proc, which other containers withhold, nothing can show that a sandbox holds; give that container seccomp=unconfined and an unmasked /proc, or run claw beside it",
    })
    .default("refuse"),
  requires: z.array(ability).default([]),
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
    diskFloorBytes: limits.diskFloorMiB,
    outputKillBytes: limits.outputMiB,
  };
  const all = {
    wallMs: limits.seconds && limits.seconds * 1000,
    idleMs: limits.idleSeconds && limits.idleSeconds * 1000,
    processes: limits.processes,
    openFiles: limits.openFiles,
    niceness: limits.nice,
    ...Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size && size * MiB])),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
