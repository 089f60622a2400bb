import type { Runner } from "../suite.ts";
import { buildText } from "./build-text.ts";
import { cargoText } from "./cargo-text.ts";
import type { Dialect } from "./dialect.ts";
import { goJson } from "./go-json.ts";
import { cargoTests, goTests, rspecTests, surefireXml } from "./native-results.ts";
import { goText } from "./go-text.ts";
import { gradleText } from "./gradle-text.ts";
import { jestJson } from "./jest-json.ts";
import { jestText } from "./jest-text.ts";
import { mochaText } from "./mocha-text.ts";
import { playwrightText } from "./playwright-text.ts";
import { vitestText } from "./vitest-text.ts";
import { nodeJunit, pytestJunit } from "./junit.ts";
import { mochaJson } from "./mocha-json.ts";
import { bunText, ctestText, dotnetText, exunitText, gtestText, phpunitText } from "./native-text.ts";
import { nextestText } from "./nextest-text.ts";
import { nodeSpec } from "./node-spec.ts";
import { pytestText } from "./pytest-text.ts";
import type { Reader } from "./reader.ts";
import { minitestText, rspecText } from "./ruby-text.ts";
import { spottedText } from "./spotted-formats.ts";
import { surefireText } from "./surefire-text.ts";
import { tap } from "./tap.ts";
import { teamcityText } from "./teamcity-text.ts";
import { unittestText } from "./unittest-text.ts";
import { vitestJson } from "./vitest-json.ts";

/** Who reads the report of which runner. A generic command writes none. */
export const readers: Readonly<Record<Exclude<Runner, "generic">, Reader>> = {
  vitest: vitestJson,
  jest: jestJson,
  mocha: mochaJson,
  "node-test": nodeJunit,
  pytest: pytestJunit,
  go: goTests,
  cargo: cargoTests,
  rspec: rspecTests,
  maven: surefireXml,
};

/** Who reads logs: each picks its own format's lines out of whatever is mixed. */
export const dialects: readonly Dialect[] = [
  tap,
  nodeSpec,
  pytestText,
  unittestText,
  goText,
  goJson,
  cargoText,
  nextestText,
  surefireText,
  gradleText,
  rspecText,
  minitestText,
  jestText,
  vitestText,
  mochaText,
  playwrightText,
  phpunitText,
  dotnetText,
  gtestText,
  ctestText,
  bunText,
  exunitText,
  spottedText,
  teamcityText,
  buildText,
];
