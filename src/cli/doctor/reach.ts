import { WorkspaceError } from "../../errors.ts";
import type { Place } from "../../forge/forge.ts";
import { placeName } from "../../forge/place.ts";
import { judgeReach } from "../../policy/forge-reach.ts";
import { forgeFor, placeOfOrigin } from "../forge-issue.ts";
import { type Check, findingOf, ok, warning } from "./finding.ts";

const CHECK = "forge";

/** What the credential for the forge of the repository around could do. Fixes of issues in files work without any. */
export const reach: Check = async (desk, offline) => {
  const app = await desk.app();
  const place = await placeOfOrigin(app, desk.cwd).catch(nowhere);
  if (typeof place === "string") return [ok(CHECK, `not looked at: ${place}`)];
  if (offline) return [ok(CHECK, `${placeName(place)} (not asked: --offline)`)];
  try {
    const { missing, excess } = judgeReach(await (await forgeFor(app, desk, place)).reach());
    const remedy = "see what is enough with: claw doctor forge --help";
    const found = [...missing, ...excess.map((words) => `more than is needed: ${words}`)];
    if (found.length === 0) return [ok(CHECK, `${placeName(place)}: it can publish, and little else`)];
    return found.map((words) => warning(CHECK, `${placeName(place)}: ${words}`, remedy));
  } catch (error) {
    // Without a forge everything but pull requests works.
    return [findingOf(CHECK, error, "warning")];
  }
};

function nowhere(error: unknown): Place | string {
  if (error instanceof WorkspaceError) return error.message;
  throw error;
}
