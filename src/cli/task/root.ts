import { resolve } from "node:path";
import type { App } from "../../app.ts";
import { openRepository } from "../../repo/repository.ts";

/** The root of the repository that is named, or that holds the current directory. WorkspaceError where there is none. */
export const rootAt = async ({ config }: App, cwd: string, named = "."): Promise<string> =>
  (await openRepository(resolve(cwd, named), { searchPath: config.path, home: config.userHome })).root;
