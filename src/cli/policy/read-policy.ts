import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { App } from "../../app.ts";
import { UsageError } from "../../errors.ts";
import { type Manifest, readManifest } from "../../policy/manifest.ts";
import type { NetworkGrants } from "../../policy/network.ts";
import { openRepository } from "../../repo/repository.ts";

/** The policy that would hold for a run started now, and where it was read. */
export interface PolicyHere {
  readonly manifest: Manifest;
  readonly grants: NetworkGrants;
  /** "claw.yaml at 0123456789ab", a file, or "the defaults". */
  readonly source: string;
}

/** claw.yaml as a run would read it, from the commit HEAD is at; or a file, to try a policy out. */
export async function readPolicy(app: App, cwd: string, file: string | undefined): Promise<PolicyHere> {
  const { path, userHome, user } = app.config;
  const grants = { hosts: user.network.hosts, install: user.network.install ?? null, shows: user.sandbox.show };
  if (file !== undefined) {
    const text = await readFile(resolve(cwd, file), "utf8").catch((error: unknown) => {
      throw new UsageError(`${file} cannot be read`, "name a claw.yaml: --manifest <file>", error);
    });
    return { manifest: readManifest(text), grants, source: file };
  }
  const repository = await openRepository(cwd, { searchPath: path, home: userHome });
  const text = (await repository.read(repository.head, "claw.yaml"))?.toString("utf8");
  const source = text === undefined ? "the defaults" : `claw.yaml at ${repository.head.slice(0, 12)}`;
  return { manifest: readManifest(text), grants, source };
}
