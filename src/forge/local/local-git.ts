/** What the local forge asks of the bare repository, which it never touches itself. */
export interface LocalGit {
  /** Short name of the branch that HEAD is on. */
  defaultBranch(): Promise<string>;
  /** The commit a branch is at; null when there is no such branch. */
  branch(name: string): Promise<string | null>;
  /**
   * What the commit at a full ref says, and when it was made, in milliseconds since the epoch; that is null of what is no
   * commit. Null where there is no such ref.
   */
  note(ref: string): Promise<{ readonly message: string; readonly at: number | null } | null>;
  /** Is this commit in the branch's history? False when either is not there. */
  contains(branch: string, commit: string): Promise<boolean>;
  /** Unified text of the change from one commit to another. */
  changes(from: string, to: string): Promise<string>;
}
