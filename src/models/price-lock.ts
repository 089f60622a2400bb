import { hash } from "node:crypto";
import { tierRows } from "../service-tiers.ts";

/** What replies are priced by, pinned: the package with its data, and the table of service tiers. A test holds it true. */
export const priceLock = {
  package: "@pydantic/genai-prices",
  version: "0.1.8",
  /** SHA-256 of the package's dist/index.js, which holds the prices and since when they hold. */
  data: "0c9da2297434f9f0a3033f26442542457e7b2a68f411aa1b0bb4cade1a129c06",
  tiers: tierRows,
} as const;

/** SHA-256 of the lock: recorded in every run, so that an old report can be worked out again. */
export const priceLockHash = (): string => hash("sha256", JSON.stringify(priceLock));
