import { rightFor } from "../policy/judge.ts";
import type { Role } from "../policy/roles.ts";
import * as tools from "./all.ts";
import { bashReaching } from "./bash.ts";
import type { Tool } from "./tool.ts";

interface Offer {
  /** The model was trained to change files by patches. */
  readonly patches?: boolean;
  /** Hosts that commands reach. */
  readonly hosts?: readonly string[];
}

/** claw's own tools of a session: those its role has, and to change files the one that its model was trained on. */
export function offeredTools(role: Pick<Role, "tools">, { patches = false, hosts = [] }: Offer): Tool[] {
  const unfit = patches ? tools.edit : tools.applyPatch;
  return Object.values({ ...tools, bash: bashReaching(hosts) }).filter(
    (tool) => tool !== unfit && role.tools.includes(rightFor(tool.spec.name)),
  );
}
