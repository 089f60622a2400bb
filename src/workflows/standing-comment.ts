import { ClawError } from "../errors.ts";
import type { Forge, Place, Saved, Standing } from "../forge/forge.ts";
import { placeName } from "../forge/place.ts";
import type { RunLog } from "../ledger/ledger.ts";
import { judgeComment, type PublishAuthority } from "../policy/publish.ts";
import { effectsOf } from "./effects.ts";

export interface CommentDesk {
  readonly log: RunLog;
  readonly authority: PublishAuthority;
  /** Looks the token up: asked only after the policy has agreed. */
  forge(place: Place): Promise<Forge>;
}

/**
 * Says where an issue or pull request is what is so now, in one comment that is edited in place. The verdict is on record
 * before it and the result after it. Throws ClawError: blocked where the user's configuration does not let anything out.
 */
export async function saveStanding(desk: CommentDesk, place: Place, standing: Standing): Promise<Saved | null> {
  const subject = `${placeName(place)}#${standing.issue}`;
  const effects = effectsOf(
    desk.log,
    `comment:${subject}`,
    subject,
    (rule) =>
      new ClawError(`nothing may be said on ${subject}: ${rule}`, {
        outcome: "blocked",
        hint: `what was found is here: claw show ${desk.log.run}`,
      }),
  );
  await effects.judge("comment", judgeComment(desk.authority));
  const saved = await (await desk.forge(place)).saveComment(standing);
  await effects.done("comment", saved?.url ?? "nothing to say");
  return saved;
}
