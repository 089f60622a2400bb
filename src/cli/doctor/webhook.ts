import { placeName } from "../../forge/place.ts";
import { ClawError } from "../../errors.ts";
import { hookSecret } from "../serve/hook-secret.ts";
import { type Check, findingOf, ok, warning } from "./finding.ts";

/** What claw serve --webhook would need, where config.yaml speaks of it. A program that knows the secret is not asked: it may ask a person. */
export const webhook: Check = async (desk) => {
  const app = await desk.app();
  const { secret, repositories } = app.config.user.webhook;
  if (!secret && repositories.length === 0) return [];
  if (repositories.length === 0)
    return [warning("webhook", "no repository is named", "name working trees in config.yaml: webhook.repositories")];
  try {
    if (!secret || "env" in secret || "file" in secret) await hookSecret(app);
    const { servedPlaces } = await import("../serve/hook-hands.ts");
    const places = await servedPlaces(app, repositories);
    return [
      ok("webhook", `${places.map(({ place }) => placeName(place)).join(", ")}; start it with claw serve --webhook`),
    ];
  } catch (error) {
    if (!(error instanceof ClawError)) throw error;
    return [findingOf("webhook", error, "warning")];
  }
};
