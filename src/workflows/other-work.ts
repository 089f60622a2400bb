import type { Forge, Place } from "../forge/forge.ts";
import { LOCAL, placeName, placeOfRemote } from "../forge/place.ts";
import { isInBranch } from "../repo/history.ts";
import type { Repository } from "../repo/repository.ts";

/**
 * Why nothing that stands on the commit `base` may go to a forge, and what to do; null where nothing is against it. A branch
 * takes along what it stands on: commits that are not in the branch it is to go into were judged by nobody, and may be meant
 * for nobody. `place` is the repository's name as it was given, even where it has another one by now.
 */
export async function otherWork(
  forge: Forge,
  { repository, place, base }: { readonly repository: Repository; readonly place: Place; readonly base: string },
): Promise<{ readonly rule: string; readonly advice: string } | null> {
  const name = await forge.defaultBranch();
  const { base: tip } = await forge.tips(name);
  if (await isInBranch(repository, base, { name, tip, isOrigin: isOrigin(place, repository) })) return null;
  return {
    rule: `it would take commits along that are not in ${name} there, as far as is known here`,
    advice: `push or fetch ${name} first, or begin at it: claw fix --base origin/${name}`,
  };
}

/** Of a place on this machine no name tells; what is there is its owner's already. */
function isOrigin(place: Place, { origin }: Repository): boolean {
  const there = origin === null ? null : placeOfRemote(origin);
  return place.host === LOCAL || (there !== null && placeName(there).toLowerCase() === placeName(place).toLowerCase());
}
