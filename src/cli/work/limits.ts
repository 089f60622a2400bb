import type { UserConfig } from "../../config.ts";

/** Limits as the queue has them. One that holds for every repository is given for each by the queue. */
export function limitsOf({ most, perRepository, models, roles }: UserConfig["work"]): ReadonlyMap<string, number> {
  return new Map([
    ...(most === undefined ? [] : [["all", most] as const]),
    ...(perRepository === undefined ? [] : [["repository:*", perRepository] as const]),
    ...Object.entries(models).map(([name, number]) => [`model:${name}`, number] as const),
    ...Object.entries(roles).map(([name, number]) => [`role:${name}`, number] as const),
  ]);
}
