import type { Runner } from "../suite.ts";
import { jestJson } from "./jest-json.ts";
import { nodeJunit, pytestJunit } from "./junit.ts";
import { mochaJson } from "./mocha-json.ts";
import type { Reader } from "./reader.ts";
import { vitestJson } from "./vitest-json.ts";

/** Who reads the report of which runner. A generic command writes none. */
export const readers: Readonly<Record<Exclude<Runner, "generic">, Reader>> = {
  vitest: vitestJson,
  jest: jestJson,
  mocha: mochaJson,
  "node-test": nodeJunit,
  pytest: pytestJunit,
};
