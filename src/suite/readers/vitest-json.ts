import { jestJson } from "./jest-json.ts";
import type { Reader } from "./reader.ts";

/** vitest writes jest's format. A name of its own, so that a difference in a later version has a home. */
export const vitestJson: Reader = jestJson;
