/** Variables of a step in GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/variables */
export interface ActionsFacts {
  readonly summary: string | undefined;
  readonly baseRef: string | undefined;
}

/** Reads them; called where the variables say that this is GitHub Actions. */
export const actionsFrom = (environment: Readonly<Record<string, string | undefined>>): ActionsFacts => ({
  summary: environment["GITHUB_STEP_SUMMARY"] || undefined,
  baseRef: environment["GITHUB_BASE_REF"] || undefined,
});
