import { UsageError, WorkspaceError } from "../errors.ts";
import type { Identity } from "./host-git.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

/** Where git-ai keeps its notes. */
const REF = "refs/notes/ai";

/**
 * Puts a note on a commit of the user's repository, below refs/notes/ai. One that is there is never replaced; the same note
 * twice does no harm. The notes that there are stay as they are.
 */
export function writeNote(repository: Repository, commit: string, text: string, at: number): Promise<string> {
  return withView(repository, async (view) => {
    const git = view.git({ objectDir: `${repository.commonDir}/objects`, indexFile: `${view.dir}/notes-index` });
    const found = await git.run(["rev-parse", "--verify", "--quiet", `${REF}^{commit}`], { answers: [0, 1, 128] });
    const parent = found.code === 0 ? found.stdout.toString("utf8").trim() : null;
    if (parent !== null) await git.run(["read-tree", parent]);
    const there = (await git.run(["ls-files", "-s", "-z"])).stdout.toString("latin1").split("\0").filter(Boolean);
    const note = await git.line(["hash-object", "-w", "--stdin"], { stdin: text });
    // Notes of many commits lie in folders named by the beginning of their ids.
    const own = there.find((line) => line.slice(line.indexOf("\t") + 1).replaceAll("/", "") === commit);
    if (own !== undefined) {
      if (own.split(" ")[1] === note) return REF;
      throw new UsageError(
        `commit ${commit.slice(0, 12)} has another note in ${REF}`,
        `see it with: git notes --ref=ai show ${commit}`,
      );
    }
    await git.run(["update-index", "--add", "--cacheinfo", `100644,${note},${commit}`]);
    const identity: Identity = { name: "claw", email: "claw@localhost", at };
    const tree = await git.line(["write-tree"]);
    const made = await git.line(
      ["commit-tree", tree, ...(parent === null ? [] : ["-p", parent]), "-m", "Notes added by claw"],
      { identity },
    );
    await git
      .run(["update-ref", "--no-deref", REF, made, parent ?? "0".repeat(commit.length)])
      .catch((error: unknown) => {
        throw new WorkspaceError(`${REF} was changed by somebody else just now`, "try it again", error);
      });
    return REF;
  });
}
