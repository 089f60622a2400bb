import { readTrailers } from "./commit-message.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

/** A commit that claw made, by what its message says. */
export interface ClawCommit {
  readonly commit: string;
  /** The run it came from, and the head of its ledger then: SHA-256, hex. */
  readonly run: string;
  readonly record: string;
}

/** The newest commits of the branches below claw/, where they are claw's own. */
export function clawBranches(repository: Repository): Promise<readonly (ClawCommit & { readonly branch: string })[]> {
  return withView(repository, async (view) => {
    const format = "--format=%(refname:lstrip=2)%00%(objectname)%00%(contents)%00%00";
    const { stdout } = await view.git().run(["for-each-ref", format, "refs/heads/claw/"]);
    return stdout
      .toString("utf8")
      .split("\0\0\n")
      .flatMap((entry) => {
        const [branch = "", commit = "", message = ""] = entry.split("\0");
        const trailers = readTrailers(message);
        return trailers ? [{ branch, commit, ...trailers }] : [];
      });
  });
}
