import type { ForgeHost } from "../config.ts";
import { ClawError } from "../errors.ts";
import type { Forge, Place } from "./forge.ts";
import { placeName } from "./place.ts";

export interface ForgeWishes {
  /** Forges the user's configuration names; github.com is known without. */
  readonly hosts: Readonly<Record<string, ForgeHost>>;
  /** Looks the token up now; undefined when there is none. */
  readonly token: (host: string, configured: ForgeHost | undefined) => Promise<string | undefined>;
  readonly version: string;
  /** The longest wait for a rate limit that is still worth it, in milliseconds. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (seconds: number) => void;
}

/** The forge of a place. Only hosts that the user knows are talked to: a repository's remote can redirect no credential. */
export async function openForge(place: Place, wishes: ForgeWishes): Promise<Forge> {
  const { hosts, version, patienceMs, signal, onWait } = wishes;
  const { host } = place;
  const configured = hosts[host];
  const unavailable = (message: string, hint: string): ClawError =>
    new ClawError(message, { outcome: "forge-unavailable", hint });
  if (!configured && host !== "github.com")
    throw unavailable(
      `${host} is not among the forges you have configured`,
      `if ${placeName(place)} is yours, name it in config.yaml: forge: { hosts: { "${host}": { token: { env: NAME } } } }`,
    );
  const token = await wishes.token(host, configured);
  if (token === undefined)
    throw unavailable(
      `there is no token for ${host}`,
      "set GITHUB_TOKEN, log in with: gh auth login, or name one in config.yaml: forge.hosts",
    );
  const { openGitHub } = await import("./github/github.ts");
  return openGitHub({
    place,
    token,
    api: (configured?.api ?? (host === "github.com" ? "https://api.github.com" : `https://${host}/api/v3`)).replace(
      /\/+$/,
      "",
    ),
    web: (configured?.web ?? `https://${host}`).replace(/\/+$/, ""),
    userAgent: `claw/${version}`,
    patienceMs,
    ...(signal && { signal }),
    ...(onWait && { onWait }),
  });
}
