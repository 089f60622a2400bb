import type { Place } from "./forge.ts";

/** An issue as a person names it. Without a place, the repository's own is meant. */
export interface IssueName {
  readonly place: Place | null;
  readonly number: number;
}

const HOME = "github.com";
/** The host of places without one: no address can name it. */
export const LOCAL = "this machine";
const NAME = "[\\w.-]+";

/** "123", "#123", "owner/repo#123", the address of an issue or the path of one on this machine; null for anything else. */
export function readIssueName(word: string): IssueName | null {
  const plain = /^#?(\d{1,9})$/.exec(word);
  if (plain) return { place: null, number: Number(plain[1]) };
  const short = new RegExp(`^(${NAME})/(${NAME})#(\\d{1,9})$`).exec(word);
  if (short) return { place: { host: HOME, owner: short[1] ?? "", repo: short[2] ?? "" }, number: Number(short[3]) };
  const file = /^(\/.+\/[^/]+)\.forge\/(?:issues|pulls)\/(\d{1,9})\.md$/.exec(word);
  if (file) return { place: localPlace(file[1] ?? ""), number: Number(file[2]) };
  const long = new RegExp(`^https?://([^/\\s@]+)/(${NAME})/(${NAME})/(?:issues|pull)/(\\d{1,9})(?:[/?#]\\S*)?$`).exec(
    word,
  );
  if (!long) return null;
  const [, host = "", owner = "", repo = "", number] = long;
  return { place: { host: host.toLowerCase(), owner, repo }, number: Number(number) };
}

/** Where a remote's address leads, in any of git's spellings; null for a path or a shape no forge has. */
export function placeOfRemote(url: string): Place | null {
  const found =
    new RegExp(`^(?:https?|ssh|git)://(?:[^@/\\s]+@)?([^/\\s]+)/(${NAME})/(${NAME}?)(?:\\.git)?/?$`).exec(url) ??
    new RegExp(`^(?:[^@/\\s]+@)([^/:\\s]+):/?(${NAME})/(${NAME}?)(?:\\.git)?/?$`).exec(url);
  if (!found) return null;
  const [, host = "", owner = "", repo = ""] = found;
  // An ssh port says nothing about where the forge's own pages are.
  return { host: (url.startsWith("ssh:") ? host.replace(/:\d+$/, "") : host).toLowerCase(), owner, repo };
}

/** The bare repository at this absolute path, with its issues and pull requests in files beside it. */
export const localPlace = (bare: string): Place => ({
  host: LOCAL,
  owner: bare.slice(0, bare.lastIndexOf("/")),
  repo: bare.slice(bare.lastIndexOf("/") + 1),
});

/** Where a remote without a server leads, as it is written: a path, or a file: address. Null for any other. */
export function pathOfRemote(url: string): string | null {
  if (url.startsWith("file://")) return decodeURI(url.slice("file://".length).replace(/^localhost(?=\/)/, ""));
  return /^[a-z][\w+.-]*:|^[^/]*@|^[^/]+:/i.test(url) ? null : url;
}

/** The bare repository of a place on this machine, and the folder beside it. */
export const barePath = ({ owner, repo }: Place): string => `${owner}/${repo}`;
export const folderOf = (place: Place): string => `${barePath(place)}.forge`;

/** "owner/repo" on the usual forge, with the host before it elsewhere; a path on this machine. */
export const placeName = ({ host, owner, repo }: Place): string =>
  `${host === HOME || host === LOCAL ? "" : `${host}/`}${owner}/${repo}`;

/** The number of the issue that `source` is the address of, where that is one of this place's; null otherwise. */
export function issueAt(place: Place, source = ""): number | null {
  const name = readIssueName(source);
  return name?.place && placeName(name.place).toLowerCase() === placeName(place).toLowerCase() ? name.number : null;
}
