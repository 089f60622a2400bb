import type { ForgeHost } from "../forge-settings.ts";
import { ClawError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import type { Forge, Place } from "./forge.ts";
import type { Answers } from "./github/answers.ts";
import type { LocalGit } from "./local/local-git.ts";
import { barePath, LOCAL, placeName } from "./place.ts";

export interface ForgeWishes {
  /** Forges the user's configuration names; github.com is known without. */
  readonly hosts: Readonly<Record<string, ForgeHost>>;
  /** Where branches go instead, by placeName: the user's own forks, as owner/repo. */
  readonly forks?: Readonly<Record<string, string>>;
  /** Looks the credential up now; undefined when there is none. */
  readonly credential: (host: string, configured: ForgeHost | undefined) => Promise<Credential | undefined>;
  /** Told of every token that the forge gives, before it is used. */
  readonly onToken: (token: string) => void;
  readonly version: string;
  /** The longest wait for a rate limit that is still worth it, in milliseconds. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (seconds: number) => void;
  /** Reads a bare repository of this machine; without it there are no places here. */
  readonly localGit?: (bare: string) => Promise<LocalGit>;
  readonly now?: () => number;
  /** What forges answered before. */
  readonly answers?: Answers;
  /** Told when the repository is found under another name: "owner/repo" both. */
  readonly onMoved?: (from: string, to: string) => void;
  /** The first wait before a failed read is asked again, in milliseconds. */
  readonly backoffMs?: number;
  /** False where a server minds no hurry. */
  readonly paced?: boolean;
}

/** The forge of a place. Only hosts that the user knows are talked to: a repository's remote can redirect no credential. */
export async function openForge(place: Place, wishes: ForgeWishes): Promise<Forge> {
  const { hosts, version, patienceMs, signal, onWait, onMoved, onToken, answers, backoffMs, paced } = wishes;
  const { host } = place;
  if (host === LOCAL && wishes.localGit && wishes.now) {
    const { openLocal } = await import("./local/local.ts");
    return openLocal({ place, git: await wishes.localGit(barePath(place)), now: wishes.now });
  }
  const configured = hosts[host];
  const unavailable = (message: string, hint: string): ClawError =>
    new ClawError(message, { outcome: "forge-unavailable", hint });
  if (!configured && host !== "github.com")
    throw unavailable(
      `${host} is not among the forges you have configured`,
      `if ${placeName(place)} is yours, name it in config.yaml: forge: { hosts: { "${host}": { token: { env: NAME } } } }`,
    );
  const credential = await wishes.credential(host, configured);
  if (credential === undefined)
    throw unavailable(
      `there is no token for ${host}`,
      "set GITHUB_TOKEN, log in with: gh auth login, or name one in config.yaml: forge.hosts",
    );
  const [{ openGitHub }, { tokensFor }] = await Promise.all([
    import("./github/github.ts"),
    import("./github/tokens.ts"),
  ]);
  const api = apiOf(host, configured);
  const server = { place, api, userAgent: `claw/${version}`, ...(signal && { signal }) };
  const [owner, repo] = wishes.forks?.[placeName(place)]?.split("/") ?? [];
  return openGitHub({
    ...server,
    ...(owner !== undefined && repo !== undefined && { fork: { owner, repo } }),
    kind: credential.kind === "app" ? "app" : "token",
    tokens: tokensFor({ ...server, credential, onToken }),
    web: (configured?.web ?? `https://${host}`).replace(/\/+$/, ""),
    patienceMs,
    ...(onWait && { onWait }),
    ...(onMoved && { onMoved }),
    ...(answers && { answers }),
    ...(backoffMs !== undefined && { backoffMs }),
    ...(paced !== undefined && { paced }),
  });
}

/** Where the API of a forge is, without a slash at the end: that of a GitHub Enterprise server lies below its own name. */
export const apiOf = (host: string, configured?: Pick<ForgeHost, "api">): string =>
  (configured?.api ?? (host === "github.com" ? "https://api.github.com" : `https://${host}/api/v3`)).replace(
    /\/+$/,
    "",
  );
