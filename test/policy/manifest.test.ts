import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { manifestSchema, readManifest } from "../../src/policy/manifest.ts";

/** The error that a manifest is refused with. */
function refusal(text: string): UsageError {
  try {
    readManifest(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

const defaults = {
  test: { files: [], timeoutSeconds: 600, idleSeconds: 180 },
  setup: { installScripts: false },
  scope: { allow: [], deny: [] },
  network: { hosts: [] },
  sandbox: { level: "standard", mask: [] },
  roles: {},
  protect: [],
  require_different_approver: false,
  require_approved_prompts: false,
  limits: { files: 20, diffLines: 600 },
  schedules: {},
  budgets: {},
};

test.each([
  ["no file", undefined],
  ["an empty file", ""],
  ["only comments", "# nothing yet\n"],
  ["empty sections", "test: {}\nlimits: {}\n"],
])("%s: the defaults", (_, text) => {
  expect(readManifest(text)).toEqual(defaults);
});

test("what is set is kept, the rest keeps its defaults", () => {
  const text = "test:\n  command: npm run unit\nscope:\n  deny: [vendor/**]\nlimits:\n  usd: 0.5\n";
  expect(readManifest(text)).toEqual({
    ...defaults,
    test: { command: "npm run unit", files: [], timeoutSeconds: 600, idleSeconds: 180 },
    scope: { allow: [], deny: ["vendor/**"] },
    limits: { files: 20, diffLines: 600, usd: 0.5 },
  });
});

describe("a mistake names its line and what was meant:", () => {
  test.each([
    [
      "an unknown key",
      "test:\n  comand: npm test\n",
      'claw.yaml:2: unknown key "test.comand"',
      'did you mean "command"?',
    ],
    [
      "an unknown section",
      "# mine\ntset:\n  command: npm test\n",
      'claw.yaml:2: unknown key "tset"',
      'did you mean "test"?',
    ],
    [
      "a key like no other",
      "elephants: 3\n",
      'claw.yaml:1: unknown key "elephants"',
      "known here: test, setup, network, sandbox, scope, roles, protect, require_different_approver, require_approved_prompts, limits, host, schedules, egress, budgets",
    ],
    [
      "a wrong type",
      "limits:\n  usd: 1\n  files: twenty\n",
      "claw.yaml:3: limits.files: Invalid input: expected number, received string",
      "change that value",
    ],
    [
      "a wrong type in a list",
      "protect:\n  - a\n  - b\n  - {c: d}\n",
      "claw.yaml:4: protect.2: Invalid input: expected string, received object",
      "change that value",
    ],
    [
      "a list instead of a section",
      "scope:\n  - a\n",
      "claw.yaml:1: scope: Invalid input: expected object, received array",
      "change that value",
    ],
    [
      "a number out of bounds",
      "limits:\n  files: 0\n",
      "claw.yaml:2: limits.files: Too small: expected number to be >=1",
      "change that value",
    ],
    ["broken YAML", "test:\n  command: [npm\n", "claw.yaml:3: ", "mend the YAML at that line"],
    [
      "the same key twice",
      "protect: []\nprotect: []\n",
      "claw.yaml:2: Map keys must be unique",
      "mend the YAML at that line",
    ],
    [
      "two documents",
      "protect: []\n---\nprotect: []\n",
      "claw.yaml:2: Source contains multiple documents",
      "mend the YAML at that line",
    ],
    ["an alias of nothing", "protect: *nothing\n", "claw.yaml", "mend the aliases (*name) in it"],
  ])("%s", (_, text, message, hint) => {
    const error = refusal(text);
    expect([error.message.slice(0, message.length), error.hint]).toEqual([message, hint]);
  });

  test("aliases that unfold without end", () => {
    const bomb = [
      "a: &a [x, x, x, x, x, x, x, x, x]",
      ..."bcdefgh"
        .split("")
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(", ")}]`),
    ];
    expect(() => readManifest(bomb.join("\n"))).toThrow(UsageError);
  });
});

test("every key of the published schema is explained or a section", () => {
  const schema = manifestSchema() as {
    properties: Record<string, { properties?: Record<string, { description?: string }> }>;
  };
  const unexplained = Object.entries(schema.properties).flatMap(([section, { properties = {} }]) =>
    Object.entries(properties).flatMap(([key, { description }]) => (description ? [] : [`${section}.${key}`])),
  );
  expect(unexplained).toEqual([]);
});
