import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { UsageError } from "../../src/errors.ts";
import type { KeyReference } from "../../src/key-reference.ts";
import { commandFor, resolveKey } from "../../src/models/key.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const secret = "canary-4711-never-shown";
const none = (): undefined => undefined;

/** Puts programs of the test's own in front of the search path for as long as the test lasts. */
function programs(scripts: Readonly<Record<string, string>>): void {
  const dir = temporaryDirectory();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const before = process.env["PATH"];
  process.env["PATH"] = `${dir}:${before ?? ""}`;
  onTestFinished(() => void (process.env["PATH"] = before));
}

async function refusal(reference: KeyReference): Promise<UsageError> {
  const error: unknown = await resolveKey(reference, none).catch((thrown: unknown) => thrown);
  if (!(error instanceof UsageError)) throw new Error("it was not refused");
  return error;
}

function keyFile(mode: number, text = `${secret}\n`): string {
  const file = join(temporaryDirectory(), "key");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe("a key is had at the moment of use from", () => {
  test("a variable", async () => {
    expect(await resolveKey({ env: "A" }, (name) => (name === "A" ? secret : undefined))).toBe(secret);
    expect(await resolveKey({ env: "B" }, none)).toBe(undefined);
  });

  test("a file that only its owner can read", async () => {
    expect(await resolveKey({ file: keyFile(0o600) }, none)).toBe(secret);
    expect(await resolveKey({ file: keyFile(0o600, "\n") }, none)).toBe(undefined);
  });

  test("gopass, pass, a keychain and any command", async () => {
    const said = `printf '%s\\n' "${secret}"`;
    programs({
      gopass: `[ "$*" = "show --password work/openai" ] && ${said}`,
      pass: `[ "$*" = "show work/openai" ] && ${said} && echo "a note"`,
      "secret-tool": `[ "$*" = "lookup service claw account me" ] && ${said}`,
      mine: said,
    });
    const places: KeyReference[] = [
      { gopass: "work/openai" },
      { pass: "work/openai" },
      { keychain: { service: "claw", account: "me" } },
      { command: ["mine"] },
    ];
    for (const place of places) expect(await resolveKey(place, none)).toBe(secret);
  });
});

test("the keychain of macOS is asked by its own tool", () => {
  expect(commandFor({ keychain: { service: "claw" } }, "darwin")).toEqual([
    "security",
    "find-generic-password",
    "-s",
    "claw",
    "-w",
  ]);
});

describe("what cannot be had is told without a value, with what to do:", () => {
  test.each([0o644, 0o640, 0o604])("a file of mode %o", async (mode) => {
    const file = keyFile(mode);
    const { message, hint } = await refusal({ file });
    expect(message).toBe(`the key file ${file} is open to others (mode ${mode.toString(8)})`);
    expect(hint).toBe(`close it: chmod 600 ${file}`);
  });

  test("a file that is not there, or is a directory", async () => {
    const dir = temporaryDirectory();
    expect((await refusal({ file: join(dir, "gone") })).message).toBe(
      `the key cannot be read from ${dir}/gone (ENOENT)`,
    );
    mkdirSync(join(dir, "a"), { mode: 0o700 });
    expect((await refusal({ file: join(dir, "a") })).message).toBe(`the key file ${dir}/a is no file`);
  });

  test("a program that is not installed", async () => {
    const { message, hint } = await refusal({ command: ["no-such-password-store"] });
    expect(message).toBe(
      "the key cannot be had from no-such-password-store: there is no program no-such-password-store",
    );
    expect(hint).toContain("install it");
  });

  test("a program that fails after it has said the value", async () => {
    programs({ gopass: `echo ${secret}; echo ${secret} >&2; exit 11` });
    const error = await refusal({ gopass: "work/open ai" });
    expect(error.message).toBe("the key cannot be had from gopass (work/open ai): gopass ended with 11");
    expect(error.hint).toBe("see what it says: gopass show --password 'work/open ai' > /dev/null");
    expect(JSON.stringify([error.message, error.hint, error.stack, error.cause])).not.toContain(secret);
  });
});

test("credentials leave the environment at the start and are had from memory: no program that claw starts inherits them", () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, ".config/claw"), { recursive: true });
  const settings = "endpoints: { work: { baseUrl: 'http://127.0.0.1:1/v1', key: { env: CLAW_TEST_KEY } } }\n";
  writeFileSync(join(home, ".config/claw/config.yaml"), settings);
  const before = { ...process.env };
  onTestFinished(() => void Object.assign(process.env, before));
  delete process.env["XDG_CONFIG_HOME"];
  Object.assign(process.env, { HOME: home, CLAW_TEST_KEY: secret, GITHUB_TOKEN: secret, CLAW_TEST_OTHER: "stays" });
  const config = loadConfig();
  expect([process.env["CLAW_TEST_KEY"], process.env["GITHUB_TOKEN"]]).toEqual([undefined, undefined]);
  expect(process.env["CLAW_TEST_OTHER"]).toBe("stays");
  expect([config.variable("CLAW_TEST_KEY"), config.variable("GITHUB_TOKEN")]).toEqual([secret, secret]);
});
