import { UsageError } from "../../errors.ts";
import { WORKSPACE } from "../check-policy.ts";
import { HOME } from "../environment.ts";
import type { SandboxPolicy } from "../sandbox.ts";

/** Where on the host is what a command knows by a name of the sandbox's. */
interface Place {
  readonly inside: string;
  readonly outside: string;
}

/** Without mounts, the words of a command have to say where things are on the host, and what it says is put back. */
export interface Names {
  toHost(text: string): string;
  toInside(bytes: Buffer): Buffer;
  /** In bytes that may be anybody's, only claw's own files are named differently. */
  ownToHost(text: string): string;
}

/** Words of a shell have to stay single words. */
const plain = /^[\w./+@:~-]+$/;

/** Names for a policy whose private directories are `home` and `tmp`. Throws UsageError for a path that no shell would take unquoted. */
export function namesOf(
  { workspace, mounts }: Pick<SandboxPolicy, "workspace" | "mounts">,
  { home, tmp }: { readonly home: string; readonly tmp: string },
): Names {
  const shown = mounts
    .filter(({ source, target }) => source !== target && !target.startsWith(`${WORKSPACE}/`))
    .map(({ source, target }) => ({ inside: target, outside: source }));
  const places: Place[] = [
    { inside: WORKSPACE, outside: workspace },
    ...shown,
    { inside: HOME, outside: home },
    { inside: "/tmp", outside: tmp },
  ];
  const odd = places.find(({ outside }) => !plain.test(outside));
  if (odd)
    throw new UsageError(
      `without mounts, commands cannot work in ${odd.outside}: its name has blanks or marks in it`,
      "set CLAW_HOME to a directory with a plain name",
    );
  const [outside, inside] = [mapOf(places, "inside", "outside"), mapOf(places, "outside", "inside")];
  return {
    toHost: (text) => text.replace(wholeNames(outside, before), (name) => outside.get(name) ?? name),
    ownToHost: (text) => text.replace(/(?<![\w./-])\/tmp\/(?=claw-)/g, () => `${tmp}/`),
    toInside(bytes) {
      if (places.every((place) => !bytes.includes(place.outside))) return bytes;
      const text = bytes.toString("latin1").replace(wholeNames(inside, ""), (name) => inside.get(name) ?? name);
      return Buffer.from(text, "latin1");
    },
  };
}

const mapOf = (places: readonly Place[], from: keyof Place, to: keyof Place): ReadonlyMap<string, string> =>
  new Map(places.map((place) => [place[from], place[to]]));

/** Not the end of a longer path; "file:///workspace" is one that begins there. */
const before = "(?<![\\w.-])(?<!(?<!/)/)";

/** Any of the names in one go, the longest first, and never as the beginning of another one. */
function wholeNames(names: ReadonlyMap<string, string>, before: string): RegExp {
  const longest = [...names.keys()]
    .toSorted((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(/[.+]/g, "\\$&"));
  return new RegExp(`${before}(?:${longest.join("|")})(?![\\w-])`, "g");
}
