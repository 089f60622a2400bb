import { z } from "zod";
import { UsageError } from "./errors.ts";

const host = z
  .string()
  .regex(/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?$/, "write it like registry.example.org:443");

const server = z.url({ protocol: /^https?$/, error: "give an address that begins with http:// or https://" });

/** What commands run in. */
export const SandboxSettings = z
  .strictObject({
    backend: z.enum(["bubblewrap", "podman", "docker", "auto"]).default("bubblewrap").meta({
      description:
        "What commands run in. docker needs an image. auto: bubblewrap, and where it does not hold a container.",
    }),
    image: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Image that commands see instead of this machine's /usr." }),
    runtime: z
      .string()
      .regex(/^[a-z0-9-]+$/, "must be the name of a runtime")
      .optional()
      .meta({ description: "The engine's runtime, such as runc, or runsc for gVisor." }),
    show: z.array(z.string().min(1)).default([]).meta({
      description:
        "Files in usual places of credentials, as globs, that a repository's claw.yaml may show to commands (sandbox.mask with !).",
    }),
  })
  .prefault({});

/** The container engines that a user's settings choose, in their order; `first` when bubblewrap is not to be tried before them. */
export function containersOf({ backend, image, runtime }: z.infer<typeof SandboxSettings>) {
  const options = { ...(image !== undefined && { image }), ...(runtime !== undefined && { runtime }) };
  const podman = { backend: "podman" as const, ...options };
  const docker = { backend: "docker" as const, ...options };
  if (backend === "docker" && image === undefined)
    throw new UsageError(
      "docker needs an image to run commands in",
      "name one in config.yaml: sandbox: { image: node:24 }",
    );
  if (backend === "bubblewrap") return {};
  if (backend === "auto") return { fallbacks: image === undefined ? [podman] : [podman, docker] };
  return { container: backend === "podman" ? podman : docker };
}

/** What the user lets repositories reach, and what of it may be a private network's. */
export const NetworkSettings = z
  .strictObject({
    hosts: z
      .array(host)
      .default([])
      .meta({ description: "Hosts that a repository's claw.yaml may declare for its commands." }),
    install: z
      .array(host)
      .optional()
      .meta({ description: "Hosts that installing packages may reach. Default: the public registries." }),
    tools: z.array(server).default([]).meta({
      description: "Servers that a repository's role files may name as tools, such as http://toolserver:9001.",
    }),
    private: z
      .array(host)
      .default([])
      .meta({ description: "Hosts that may have an address of a private network, such as a company's registry." }),
  })
  .prefault({});
