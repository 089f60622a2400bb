/** Who a session is. `tools` is an allow-list; everything else is refused before it runs. */
export interface Role {
  readonly kind: "propose" | "reproduce" | "patch";
  /** Prompt file with the role's instructions: prompts/<prompt>.md. */
  readonly prompt: string;
  readonly tools: readonly string[];
}

export const roles = {
  /** Finds out how a repository's tests are run. Writes nothing that is kept. */
  propose: { kind: "propose", prompt: "propose", tools: ["bash", "read", "finish"] },
  /** Writes a failing test. */
  reproduce: { kind: "reproduce", prompt: "reproduce", tools: ["bash", "edit", "finish", "read"] },
  /** Changes the code until the failing test passes. */
  patch: { kind: "patch", prompt: "patch", tools: ["bash", "edit", "finish", "read"] },
} as const satisfies Record<string, Role>;
