import type { Role } from "./roles.ts";

export interface Verdict {
  readonly verdict: "allow" | "deny";
  /** The rule that decided, for the record and for the model. */
  readonly rule: string;
}

/** May this session make this call? Pure: the same question gets the same answer today and in a replay. */
export function judge(role: Role, tool: string): Verdict {
  return role.tools.includes(tool)
    ? { verdict: "allow", rule: `role ${role.kind} has ${tool}` }
    : { verdict: "deny", rule: `role ${role.kind} has no ${tool}` };
}

/** May a run create this branch? Only claw's own branches, ever. */
export function judgeBranch(branch: string): Verdict {
  return /^claw\/[a-z0-9][a-z0-9-]*$/.test(branch)
    ? { verdict: "allow", rule: "branches below claw/ are claw's own" }
    : { verdict: "deny", rule: "only branches below claw/ may be written" };
}
