import type { EventOf, Recorded } from "../../ledger/events.ts";
import { readManifest } from "../../policy/manifest.ts";
import { readRoleFile } from "../../policy/role-file.ts";
import { narrowedTools, type Role, roles } from "../../policy/roles.ts";
import { ofType } from "../../views/run.ts";

interface Session {
  readonly events: readonly Recorded[];
  readonly session: string;
  readonly kind: string;
  readonly started: EventOf<"run.started">;
}

/** A session's role as its role file narrowed it then; its time is not played once more. Undefined for an unknown kind. */
export async function recordedRole(
  { events, session, kind, started }: Session,
  text: (sha: string) => Promise<string>,
): Promise<Role | undefined> {
  const role: Role | undefined = Object.values(roles).find((each) => each.kind === kind);
  const sha = ofType(events, "session.started").find((event) => event.session === session)?.role;
  if (!role || sha === undefined || started.manifest === null) return role;
  const path = readManifest(await text(started.manifest)).roles[role.kind] ?? "the role file";
  const file = readRoleFile(await text(sha), path);
  return { ...role, tools: narrowedTools(role.tools, file), bounds: { ...file, timeoutMs: null, path, sha } };
}
