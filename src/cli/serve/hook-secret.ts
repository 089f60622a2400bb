import type { App } from "../../app.ts";
import { UsageError } from "../../errors.ts";
import { keyPlace } from "../../key-reference.ts";
import { resolveKey } from "../../models/key.ts";

/** Characters of what nobody guesses. */
export const SHORTEST_SECRET = 16;

/** The secret that deliveries are signed with. UsageError where none is named, or what is there could be guessed. */
export async function hookSecret({ config, secrets }: App): Promise<string> {
  const { secret: reference } = config.user.webhook;
  if (!reference)
    throw new UsageError(
      "no secret is named that deliveries are signed with",
      "make one: openssl rand -hex 24; give it to the webhook on GitHub, and name it in config.yaml: webhook.secret",
    );
  const secret = (await resolveKey(reference, config.variable))?.trim();
  if (secret === undefined || secret.length < SHORTEST_SECRET)
    throw new UsageError(
      `the webhook's secret in ${keyPlace(reference)} ${secret === undefined ? "is not there" : `has less than ${SHORTEST_SECRET} characters`}`,
      "make one: openssl rand -hex 24; and give it to the webhook on GitHub",
    );
  secrets.learn("the webhook's secret", secret);
  return secret;
}
