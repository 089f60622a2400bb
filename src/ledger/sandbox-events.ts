import { z } from "zod";
import { event } from "./fact.ts";

/** What sandboxes were, and what left them. Past tense, never changed, only added to. */
export const sandboxEvents = [
  event("sandbox.opened", {
    purpose: z.string(),
    policy: z.string(),
    degraded: z.array(z.string()),
    /** Program that holds it; "none" where a person wanted none. */
    backend: z.enum(["bubblewrap", "podman", "docker", "seatbelt", "none"]).optional(),
    /** "complete" when nothing is lacking. */
    level: z.enum(["standard", "complete"]).optional(),
    network: z.enum(["none", "host"]),
    /** Hosts that its commands may reach through the egress proxy. */
    hosts: z.array(z.string()).optional(),
    /** Files of the repository that its commands found empty. */
    masked: z.array(z.string()).optional(),
    /**
     * What its commands found of git, where that is less than the base's history: one commit in which hidden files are
     * empty, or nothing. Absent with hidden files in older records: nothing.
     */
    git: z.enum(["one-commit", "none"]).optional(),
    /** Its commands could not change the workspace. */
    workspace: z.literal("ro").optional(),
  }),
  /** A person at a terminal wanted commands to run without a sandbox, until the run pauses or ends. */
  event("sandbox.waived", {
    by: z.string(),
    /** What they typed to confirm it. */
    words: z.string(),
  }),
  /** What the egress proxy of a sandbox decided, before it connects. `port` is 0 when the request named none. */
  event("egress.judged", {
    purpose: z.string(),
    host: z.string(),
    port: z.int(),
    verdict: z.enum(["allow", "deny"]),
    rule: z.string(),
    /** The checked address that is connected to. */
    address: z.string().nullable(),
  }),
  /** A connection that was allowed is over. Bytes as they were carried, TLS included. */
  event("egress.ended", {
    purpose: z.string(),
    host: z.string(),
    port: z.int(),
    sent: z.int(),
    received: z.int(),
    why: z.string(),
    ms: z.number(),
  }),
] as const;
