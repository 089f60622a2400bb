import type { Role } from "./roles.ts";

export interface Verdict {
  readonly verdict: "allow" | "deny";
  /** The rule that decided, for the record and for the model. */
  readonly rule: string;
}

/** May this session make this call? Pure: the same question gets the same answer today and in a replay. */
export function judge(role: Role, tool: string): Verdict {
  const right = rightFor(tool);
  return role.tools.includes(right)
    ? { verdict: "allow", rule: `role ${role.kind} has ${right}` }
    : { verdict: "deny", rule: `role ${role.kind} has no ${right}` };
}

/** What a role must list for a tool: a patch is an edit in other words. */
export const rightFor = (tool: string): string => (tool === "apply_patch" ? "edit" : tool);

/** May a run create this branch? Only claw's own branches, ever. */
export function judgeBranch(branch: string): Verdict {
  return /^claw\/[a-z0-9][a-z0-9-]*$/.test(branch)
    ? { verdict: "allow", rule: "branches below claw/ are claw's own" }
    : { verdict: "deny", rule: "only branches below claw/ may be written" };
}
