import { Redacted } from "../errors.ts";

/** For the failure of reading a body: what stands in its place when a person had it taken out. Other failures stay. */
export const redactedAs =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (error instanceof Redacted) return instead;
    throw error;
  };
