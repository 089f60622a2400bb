import type { Endpoint, ServiceTier } from "./endpoint.ts";
import { ModelError } from "./model-error.ts";
import type { Manner } from "./tape.ts";

/** After so many refusals of a service tier, a minute apart, the run goes on at the usual one: about a quarter of an hour. */
export const MOST_FULL = 15;

/** The tier as a request says it: named where the owner chose one, and where the provider would else choose by the account. */
export const askedTier = ({ serviceTier }: Endpoint, hasTiers: boolean): { service_tier?: ServiceTier } =>
  serviceTier !== undefined || hasTiers ? { service_tier: serviceTier ?? "default" } : {};

/** The endpoint as one request asks it, by the tier in the request's manner. */
export function atTier(endpoint: Endpoint, tier: string | undefined): Endpoint {
  const asked = tier ?? "default";
  if (asked === (endpoint.serviceTier ?? "default")) return endpoint;
  return { ...endpoint, serviceTier: asked as ServiceTier };
}

/** A refusal of a cheap tier is no limit of the account: https://developers.openai.com/api/docs/guides/flex-processing. */
export function noRoom(error: ModelError, endpoint: Endpoint, { serviceTier }: Manner): ModelError {
  const full = serviceTier === "flex" && (error.status === 429 || error.status === 503) && error.kind !== "quota";
  if (!full) return error;
  return new ModelError("tier_full", `${endpoint.name} has no room at the service tier ${serviceTier} now`, {
    where: endpoint,
    status: error.status,
    afterMs: error.afterMs,
    requestId: error.requestId,
    cause: error,
  });
}
