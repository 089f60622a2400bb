import { z } from "zod";

/** How much of the sandbox a machine has to offer before anything runs in it. */
export const SandboxLevel = z.enum(["standard", "complete"]);
export type SandboxLevel = z.infer<typeof SandboxLevel>;

/** The level of a sandbox that lacks these; what every sandbox must hold it has shown before. */
export const levelOf = (degraded: readonly string[]): SandboxLevel => (degraded.length === 0 ? "complete" : "standard");

/** Is a sandbox that lacks these enough where `wanted` is asked for? */
export const reaches = (wanted: SandboxLevel, degraded: readonly string[]): boolean =>
  wanted === "standard" || levelOf(degraded) === "complete";
