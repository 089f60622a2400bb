import type { RoleFile } from "./role-file.ts";

/** Who a session is. `tools` is an allow-list; everything else is refused before it runs. */
export interface Role {
  readonly kind: "propose" | "reproduce" | "patch" | "chat" | "explain";
  /** Prompt file with the role's instructions: prompts/<prompt>.md. */
  readonly prompt: string;
  readonly tools: readonly string[];
  /** What a role file narrows it to. */
  readonly bounds?: RoleBounds;
}

/** Limits of one session besides those of its run. */
interface RoleBounds extends RoleFile {
  /** Where the file is in the repository, and its hash. */
  readonly path: string;
  readonly sha: string;
}

export const roles = {
  /** Finds out how a repository's tests are run. Writes nothing that is kept. */
  propose: { kind: "propose", prompt: "propose", tools: ["bash", "read", "finish"] },
  /** Writes a failing test. */
  reproduce: { kind: "reproduce", prompt: "reproduce", tools: ["bash", "edit", "finish", "read"] },
  /** Changes the code until the failing test passes. */
  patch: { kind: "patch", prompt: "patch", tools: ["bash", "edit", "finish", "read"] },
  /** Works with a person, turn by turn: nobody but they say when it is done. */
  chat: { kind: "chat", prompt: "chat", tools: ["bash", "edit", "plan", "read"] },
  /** Says why tests are red, for people. It reads what it is told, and runs and decides nothing. */
  explain: { kind: "explain", prompt: "explain", tools: ["finish"] },
} as const satisfies Record<string, Role>;

/** A session's tools as a role file narrows them; it can always finish. The file's own tools come besides. */
export const narrowedTools = (
  tools: readonly string[],
  { tools: allowed, denied, served }: RoleFile,
): readonly string[] => [
  ...tools.filter((tool) => tool === "finish" || ((allowed?.includes(tool) ?? true) && !denied.includes(tool))),
  ...served.map(({ name }) => name),
];
