import type { Octokit } from "octokit";
import { ClawError } from "../../errors.ts";
import type { Place } from "../forge.ts";
import type { Ends, Repo } from "./pulls.ts";
import { FOLLOW } from "./transport.ts";

/** The server says that what was asked for has another address of its own: nothing was done. */
export class Moved extends Error {}

/** A repository's names, as they are now: where pull requests are opened, and where branches are pushed to. */
export interface Names {
  readonly ends: Ends;
  readonly place: Place;
  /** Asks what the repositories are called now. Throws forge-unavailable where the server does not tell, or nothing is new. */
  renew(octokit: Octokit): Promise<void>;
}

export interface NamesOptions {
  readonly place: Place;
  readonly fork?: Repo;
  /** Told when the repository is found under another name, before anything is asked of that one. */
  readonly onMoved?: (from: string, to: string) => void;
}

/** Names that follow a renaming, or a move to another owner, on the same server. */
export function namesOf({ place, fork, onMoved }: NamesOptions): Names {
  const at = { owner: place.owner, repo: place.repo };
  let ends: Ends = { at, from: fork ?? at };
  return {
    get ends() {
      return ends;
    },
    get place() {
      return { host: place.host, ...ends.at };
    },
    async renew(octokit) {
      const before = ends;
      const now = await nameNow(octokit, before.at);
      ends = { at: now, from: before.from === before.at ? now : await nameNow(octokit, before.from) };
      const names = [
        [before.at, ends.at],
        [before.from, ends.from],
      ] as const;
      const changed = names.filter(([from, to]) => nameOf(from) !== nameOf(to));
      if (changed.length === 0) throw unknownName(before.at);
      for (const [from, to] of new Map(changed.map((pair) => [nameOf(pair[0]), pair])).values())
        onMoved?.(nameOf(from), nameOf(to));
    },
  };
}

const nameOf = ({ owner, repo }: Repo): string => `${owner}/${repo}`;

/** Asked under the old name, the server leads to the repository, which says what it is called. */
async function nameNow(octokit: Octokit, at: Repo): Promise<Repo> {
  const { data } = await octokit.rest.repos.get({ ...at, headers: { [FOLLOW]: "yes" } });
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(data.full_name ?? "") ?? [];
  if (owner === undefined || repo === undefined) throw unknownName(at);
  return { owner, repo };
}

/** Where the server leads elsewhere and does not say what is there. */
export const unknownName = (at: Repo): ClawError =>
  new ClawError(`${nameOf(at)} has another name now: the forge answers with a redirection`, {
    outcome: "forge-unavailable",
    hint: "name it as it is called today: git remote set-url origin <address>",
  });
