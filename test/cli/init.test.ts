import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { template } from "../../src/cli/init/template.ts";
import { loadConfig } from "../../src/config.ts";
import { readManifest } from "../../src/policy/manifest.ts";
import { makeRepository, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { houseAt } from "../support/house.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

const files = {
  "package.json": JSON.stringify({ scripts: { test: "node --test" } }),
  "test/a.test.js": "",
};

/** Types `claw init` in a repository, as a user whose home is empty. */
async function initIn(cwd: string, HOME: string, flags: readonly string[], typed?: string) {
  const house = houseAt(join(HOME, "claw"), await memoryLedger());
  return type(["init", ...flags], {
    cwd,
    environment: { HOME, CLAW_HOME: join(HOME, "claw"), OPENAI_API_KEY: "sk-test" },
    app: { house: () => Promise.resolve(house) },
    terminal: { stdin: typed !== undefined, stderr: typed !== undefined },
    stdin: Buffer.from(typed ?? ""),
  });
}

describe("claw init", () => {
  test("shows and writes two files that claw reads, with what was found filled in, and never writes over one", async () => {
    const [cwd, HOME] = [makeRepository(files), temporary()];
    const first = await initIn(cwd, HOME, ["--yes"]);
    const manifest = readFileSync(join(cwd, "claw.yaml"), "utf8");
    expect(first.code).toBe(0);
    expect(readManifest(manifest).test.command).toBe("npm test");
    expect(loadConfig({ HOME }).user.model).toBeUndefined();
    expect(first.out).toContain(`${join(HOME, ".config/claw/config.yaml")}\n`);
    expect(first.out).toContain('    command: "npm test"\n');
    expect(first.err).toContain("tests     npm test (node-test, from package.json scripts.test)\n");
    expect(first.err).toContain("next: git add claw.yaml && git commit");

    writeFileSync(join(cwd, "claw.yaml"), "# mine\n");
    const second = await initIn(cwd, HOME, ["--yes"]);
    expect(second).toMatchObject({ code: 0, out: "", err: expect.stringContaining("claw.yaml is there already") });
    expect(readFileSync(join(cwd, "claw.yaml"), "utf8")).toBe("# mine\n");
  });

  test("asks a person, and writes nothing after a no, at --dry-run, or where nobody can answer", async () => {
    const [cwd, HOME] = [makeRepository(files), temporary()];
    expect(await initIn(cwd, HOME, [], "n\n")).toMatchObject({
      code: 0,
      err: expect.stringContaining("nothing was written"),
    });
    expect(await initIn(cwd, HOME, ["--dry-run"])).toMatchObject({ code: 0 });
    expect(await initIn(cwd, HOME, ["--json"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("claw init --yes writes without asking"),
    });
    expect(existsSync(join(cwd, "claw.yaml")) || existsSync(join(HOME, ".config/claw/config.yaml"))).toBe(false);
    await initIn(cwd, HOME, [], "\n");
    expect(existsSync(join(cwd, "claw.yaml"))).toBe(true);
  });
});

test("a template has every key below its description; what is not filled in is a comment that can be taken away", () => {
  const schema = {
    properties: {
      one: { description: "First.", default: 1 },
      two: { properties: { a: { description: "Inner.", default: "x" }, b: {} } },
      three: { properties: { c: { default: [] }, d: {} } },
    },
  };
  expect(template(schema, { "two.b": { value: { deep: true }, why: "Found." } })).toBe(`# First.
# one: 1

two:
  # Inner.
  # a: "x"
  # Found.
  b:
    deep: true

# three:
#   c: []
#   # d: …
`);
});
