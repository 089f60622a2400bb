/** What a credential could do in a repository, as far as its forge tells. */
export interface Reach {
  /** "local": the files of a repository on this machine, with the rights of the account. */
  readonly kind: "token" | "app" | "local";
  /** Whose it is; null for an App's. */
  readonly account: string | null;
  readonly mayPush: boolean;
  readonly mayAdminister: boolean;
  /** What a classic token was given; null for those that were given permissions on repositories. */
  readonly scopes: readonly string[] | null;
}

/** What claw has a use for. */
const useful = new Set(["repo", "public_repo"]);

/** What a credential lacks for publishing, and what it could do that claw never does, one line each. */
export function judgeReach({ mayPush, mayAdminister, scopes }: Reach): {
  readonly missing: readonly string[];
  readonly excess: readonly string[];
} {
  const others = (scopes ?? []).filter((scope) => scope !== "" && !useful.has(scope));
  return {
    missing: mayPush ? [] : ["it may not push: nothing can be published with it"],
    excess: [
      ...(mayAdminister ? ["it may administer the repository"] : []),
      ...(others.length > 0 ? [`scopes that claw has no use for: ${others.join(", ")}`] : []),
      ...(scopes?.includes("repo") ? ["it is good for every repository of its account, private ones too"] : []),
    ],
  };
}
