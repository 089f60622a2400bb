import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { inspect } from "node:util";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Config, loadConfig } from "../src/config.ts";
import { UsageError } from "../src/errors.ts";
import { temporaryDirectory } from "./support/temporary.ts";

/** The configuration of a user with this config.yaml and environment. */
function configOf(yaml: string | null, environment: Record<string, string> = {}): Config {
  const HOME = temporaryDirectory();
  if (yaml !== null) {
    mkdirSync(join(HOME, ".config", "claw"), { recursive: true });
    writeFileSync(join(HOME, ".config", "claw", "config.yaml"), yaml);
  }
  return loadConfig({ HOME, ...environment });
}

/** Message and hint of the refusal, without the file's directory. */
function refusal(yaml: string, environment: Record<string, string> = {}): string {
  try {
    configOf(yaml, environment);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return `${error.message.replace(/\S*config\.yaml/, "config.yaml")} → ${error.hint}`;
  }
  throw new Error("it was accepted");
}

test("no file and no environment is enough to start", () => {
  const config = configOf(null);
  expect(config.user).toEqual({
    endpoints: {},
    prices: {},
    budget: { minutes: 60 },
    approval: { days: 7 },
    budgets: {},
    sandbox: { backend: "bubblewrap", show: [] },
    network: { hosts: [], tools: [], private: [] },
    notify: { always: false, on: ["ended", "waiting"], desktop: false },
    fleet: { repositories: {} },
    api: { hosts: [], perMinute: 120, tokens: {} },
    webhook: { label: "claw", repositories: [] },
    work: { idleSeconds: 120, memoryMb: 1024, labels: [], models: {}, roles: {}, sessionMb: 512, warm: 1 },
    forge: { publish: true, perDay: 10, maxOpen: 20, acceptance: 0.2, labels: [], hosts: {}, forks: {}, local: {} },
  });
  expect(config).toMatchObject({ model: undefined, ci: false, colour: "auto", initiator: userInfo().username });
  expect(config.home).toBe(join(config.userHome, ".local", "state", "claw"));
});

test("the environment wins over the file, the file over the defaults", () => {
  const yaml =
    "model: openai/from-file\nbudget: { turns: 7 }\nendpoints:\n  openai: { baseUrl: https://file.example/v1 }\n";
  const environment = { CLAW_MODEL: "openai/from-env", OPENAI_BASE_URL: "https://env.example/v1" };
  const config = configOf(yaml, environment);
  expect(config.model).toBe("openai/from-env");
  expect(config.user.model).toBe("openai/from-file");
  expect(config.user.budget).toEqual({ turns: 7, minutes: 60 });
  // An endpoint that the file names is never redirected by a variable that other programs use too.
  expect(config.user.endpoints["openai"]?.baseUrl).toBe("https://file.example/v1");
});

test.each([
  [{ CLAW_HOME: "/x/own", XDG_STATE_HOME: "/y" }, "/x/own"],
  [{ XDG_STATE_HOME: "/y" }, "/y/claw"],
  [{ CLAW_HOME: "relative" }, join(process.cwd(), "relative")],
])("the home of %o is %s", (environment, home) => {
  expect(configOf(null, environment).home).toBe(home);
});

test.each([
  [{}, "auto"],
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, "never"],
  [{ FORCE_COLOR: "1" }, "always"],
  [{ FORCE_COLOR: "0" }, "never"],
])("colour with %o: %s", (environment, colour) => {
  expect(configOf(null, environment).colour).toBe(colour);
});

test.each([
  ["true", true],
  ["1", true],
  ["", false],
  ["false", false],
])("CI=%s: %s", (CI, ci) => {
  expect(configOf(null, { CI }).ci).toBe(ci);
});

describe("OpenAI's own variables", () => {
  test("work without a file, on the wire that the address speaks", () => {
    const key = { env: "OPENAI_API_KEY" };
    const endpoint = (environment: Record<string, string>) => configOf(null, environment).user.endpoints["openai"];
    expect(endpoint({ OPENAI_API_KEY: "k" })).toEqual({ baseUrl: "https://api.openai.com/v1", wire: "responses", key });
    expect(endpoint({ OPENAI_BASE_URL: "https://eu.api.openai.com/v1" })?.wire).toBe("responses");
    expect(endpoint({ OPENAI_BASE_URL: "http://127.0.0.1:8080/v1" })?.wire).toBe("chat");
    const keyed = { OPENAI_BASE_URL: "http://127.0.0.1:8080/v1", OPENAI_API_KEY: "sk-test" };
    expect(endpoint({ OPENAI_BASE_URL: keyed.OPENAI_BASE_URL })?.key).toBeUndefined();
    expect(endpoint(keyed)?.key).toEqual({ env: "OPENAI_API_KEY" });
    expect(endpoint({ OPENAI_BASE_URL: "https://eu.api.openai.com/v1" })?.key).toEqual({ env: "OPENAI_API_KEY" });
    expect(endpoint({ OPENAI_BASE_URL: "https://api.openai.com.evil.example/v1" })?.wire).toBe("chat");
  });

  test("that make no address are refused", () => {
    expect(refusal("", { OPENAI_BASE_URL: "localhost:8080/v1" })).toContain("OPENAI_BASE_URL is no http address");
  });
});

test("the value of a key is nowhere in the configuration; it is looked up when it is used", () => {
  const config = configOf(null, { OPENAI_API_KEY: "sk-very-secret-0123456789" });
  expect(inspect(config, { depth: null })).not.toContain("very-secret");
  expect(JSON.stringify(config)).not.toContain("very-secret");
  expect(config.variable("OPENAI_API_KEY")).toBe("sk-very-secret-0123456789");
});

test("keys leave the environment, which commands inherit; claw itself, begun anew in its place, has them again", () => {
  vi.stubEnv("XDG_CONFIG_HOME", "/nonexistent");
  vi.stubEnv("CLAW_STORE", "postgres://claw@db/claw");
  onTestFinished(() => void vi.unstubAllEnvs());
  const config = loadConfig();
  expect(process.env["CLAW_STORE"]).toBeUndefined();
  expect(config.begunWith()).toMatchObject({ CLAW_STORE: "postgres://claw@db/claw", PATH: process.env["PATH"] });
});

describe("a mistake in config.yaml names the line and what was meant:", () => {
  test.each([
    [
      "an unknown key",
      "model: a/b\nbugdet:\n  usd: 3\n",
      'config.yaml:2: unknown key "bugdet" → did you mean "budget"?',
    ],
    [
      "an unknown key far in",
      "endpoints:\n  local:\n    baseUrl: http://127.0.0.1/v1\n    wyre: chat\n",
      'config.yaml:4: unknown key "endpoints.local.wyre" → did you mean "wire"?',
    ],
    ["a wrong type", "budget:\n  turns: many\n", "config.yaml:2: budget.turns: Invalid input: expected number"],
    [
      "an address without http",
      "endpoints:\n  local:\n    baseUrl: localhost:8080\n",
      "config.yaml:3: endpoints.local.baseUrl: give an address",
    ],
    [
      "the key itself instead of a reference, which is not repeated",
      "endpoints:\n  local:\n    baseUrl: http://127.0.0.1/v1\n    key: sk-0123456789abcdef\n",
      "config.yaml:4: endpoints.local.key: say where the key is found: { env: NAME }",
    ],
    ["no mapping at all", "just words", "config.yaml:1: the file: Invalid input: expected object"],
  ])("%s", (_, yaml, message) => {
    const refused = refusal(yaml);
    expect(refused.slice(0, message.length)).toBe(message);
    expect(refused).not.toContain("0123456789abcdef");
  });
});

test("a config.yaml that cannot be read is not taken for a missing one", () => {
  const HOME = temporaryDirectory();
  mkdirSync(join(HOME, ".config", "claw", "config.yaml"), { recursive: true });
  expect(() => loadConfig({ HOME })).toThrow("cannot be read");
});
