import { App } from "octokit";
import { ClawError, UsageError } from "../../errors.ts";
import type { Credential, Need } from "../credential.ts";
import type { Place } from "../forge.ts";
import { octokitFor } from "./connect.ts";
import { Moved, unknownName } from "./moved.ts";

/** The token for each need. */
export type Tokens = (need: Need) => Promise<string>;

export interface TokenOptions {
  readonly place: Place;
  readonly credential: Credential;
  readonly api: string;
  readonly userAgent: string;
  readonly signal?: AbortSignal;
  /** Told of every token that was given, before it is used. */
  readonly onToken: (token: string) => void;
}

/** The least that each need takes, in the words of GitHub's API. Every App may read metadata. */
const permissions = {
  read: { issues: "read", pull_requests: "read", contents: "read" },
  ci: { actions: "read" },
  push: { contents: "write" },
  "pull-request": { pull_requests: "write" },
  comment: { issues: "write" },
  check: { checks: "write" },
} as const satisfies Record<Need, Record<string, "read" | "write">>;

/** Tokens are good for an hour; a run may take longer. */
const RENEW_MS = 50 * 60_000;

/** Tokens as they were given, or of an App's installation: one for each need, for this repository alone. */
export function tokensFor(options: TokenOptions): Tokens {
  const { credential } = options;
  if (credential.kind === "tokens")
    return (need) => Promise.resolve(need === "read" || need === "ci" ? credential.read : credential.write);
  const given = new Map<Need, { readonly at: number; readonly token: Promise<string> }>();
  return (need) => {
    const there = given.get(need);
    if (there && performance.now() - there.at < RENEW_MS) return there.token;
    const token = installationToken(options, credential, need);
    given.set(need, { at: performance.now(), token });
    token.catch(() => given.delete(need));
    return token;
  };
}

/** Asks as the App, which it proves by signing with its key (a JWT of ten minutes), for a token of its installation. */
async function installationToken(
  { place: { owner, repo }, api, userAgent, signal, onToken }: TokenOptions,
  { id, key, installation }: Extract<Credential, { kind: "app" }>,
  need: Need,
): Promise<string> {
  const { octokit } = new App({ appId: id, privateKey: key, Octokit: octokitFor({ api, userAgent, signal }) });
  try {
    const installation_id = installation ?? (await octokit.rest.apps.getRepoInstallation({ owner, repo })).data.id;
    const { data } = await octokit.rest.apps.createInstallationAccessToken({
      installation_id,
      repositories: [repo],
      permissions: permissions[need],
    });
    onToken(data.token);
    return data.token;
  } catch (error) {
    if (error instanceof Moved) throw unknownName({ owner, repo });
    if (error instanceof Error && !(error instanceof ClawError) && !("status" in error))
      throw new UsageError(
        `the key of GitHub App ${id} cannot be used: ${error.message.split("\n", 1)[0]?.slice(0, 120)}`,
        "forge.hosts.<host>.app.key in config.yaml must lead to the App's private key, a PEM file",
        error,
      );
    throw error;
  }
}
