import { z } from "zod";
import { line, texts } from "./line.ts";

export const DoctorLine = line("doctor", {
  ok: z.boolean(),
  findings: z.array(
    z.strictObject({
      check: z.string(),
      state: z.enum(["ok", "warning", "problem"]),
      says: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});

export const SandboxLine = line("sandbox", {
  backend: z.enum(["bubblewrap", "podman", "docker", "seatbelt", "none"]),
  backendVersion: z.string().nullable(),
  level: z.enum(["full", "degraded", "none"]),
  platform: z.string(),
  kernel: z.string(),
  uid: z.int(),
  probes: z.array(z.strictObject({ attempt: z.string(), contained: z.boolean() })),
  degraded: z.array(z.strictObject({ name: z.string(), remedy: z.string() })),
  refusal: z.strictObject({ reason: z.string(), remedy: z.string() }).nullable(),
});

export const ForgeLine = line("forge", {
  repository: z.string(),
  kind: z.enum(["token", "app", "local"]),
  account: z.string().nullable(),
  mayPush: z.boolean(),
  mayAdminister: z.boolean(),
  scopes: texts.nullable(),
  missing: texts,
  excess: texts,
});

export const NotifyLine = line("notify", {
  ok: z.boolean(),
  channels: z.array(
    z.strictObject({ channel: z.string(), state: z.enum(["sent", "failed", "unknown"]), detail: z.string() }),
  ),
});

export const InitLine = line("init", {
  notes: texts,
  files: z.array(z.strictObject({ path: z.string(), text: z.string(), written: z.boolean() })),
});

/** The only one whose "version" is claw's own. */
export const VersionLine = z.strictObject({ version: z.string(), node: z.string() });
