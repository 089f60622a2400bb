import { openRepository, type Repository } from "../repo/repository.ts";

/** The repository around `cwd`, as who uses this machine may work in it. WorkspaceError where there is none. */
export const openFor = (
  { path, userHome }: { readonly path: string; readonly userHome: string },
  cwd: string,
): Promise<Repository> => openRepository(cwd, { searchPath: path, home: userHome });
