import { openRepository, type OpenOptions } from "./repository.ts";
import { withView } from "./shadow.ts";

/** Whether the patch fits; `conflicts` is what git says of the places where it does not, one line each. */
export interface Applied {
  readonly ok: boolean;
  readonly conflicts: string;
}

/**
 * Applies a patch to the user's working files, not to the index. It fits everywhere or nothing is changed. With `check`
 * nothing is changed in any case. None of the repository's filters, hooks or settings run.
 */
export async function applyPatch(
  root: string,
  patch: Buffer,
  { check, ...options }: OpenOptions & { readonly check: boolean },
): Promise<Applied> {
  const repository = await openRepository(root, options);
  if (patch.length === 0) return { ok: true, conflicts: "" };
  return withView(repository, async (view) => {
    const git = view.git({ workTree: repository.root });
    const tried = await git.run(["apply", "--check", "--whitespace=nowarn", "-"], {
      stdin: patch,
      answers: [0, 1, 128],
    });
    if (tried.code !== 0) return { ok: false, conflicts: tried.stderr };
    if (!check) await git.run(["apply", "--whitespace=nowarn", "-"], { stdin: patch });
    return { ok: true, conflicts: "" };
  });
}
