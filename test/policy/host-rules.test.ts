import { describe, expect, test } from "vitest";
import {
  grants,
  hostProblem,
  hostRuleText,
  judgeHost,
  parseHostRule,
  readHostRules,
} from "../../src/policy/host-rules.ts";
import { readManifest } from "../../src/policy/manifest.ts";
import { defaultGrants, installHosts, readGranted, sessionHosts } from "../../src/policy/network.ts";

test.each([
  ["registry.example.org", "registry.example.org:443"],
  ["Registry.Example.org:8443", "registry.example.org:8443"],
  ["*.example.org", "*.example.org:443"],
  ["*.corp.example.org:4873", "*.corp.example.org:4873"],
  ["xn--bcher-kva.example", "xn--bcher-kva.example:443"],
])("%s is declared as %s", (text, shown) => {
  const rule = parseHostRule(text);
  expect(typeof rule === "string" ? rule : hostRuleText(rule)).toBe(shown);
});

test.each([
  "",
  "localhost",
  "*",
  "*.",
  "*.com",
  "*.co.uk",
  "a..b",
  ".example.org",
  "example.org.",
  "ex ample.org",
  "a_b.example.org",
  "-a.example.org",
  "example.org:0",
  "example.org:65536",
  "example.org:",
  "https://example.org",
  "user@example.org",
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.0.0.1",
  "0x7f000001",
  "a.0x1",
  "1.2.3.4:443",
  "[::1]",
  "[::1]:443",
  "::1",
  "a.1",
  "*.github.com",
  "*.amazonaws.com",
  "*.s3.amazonaws.com",
  "*.pages.dev",
  "foo*.example.org",
  "a.*.example.org",
  "bücher.example",
])("%j cannot be declared", (text) => {
  expect(parseHostRule(text)).toEqual(expect.any(String));
});

describe("a connection", () => {
  const rules = readHostRules(["api.example.org", "*.cdn.example.org:8443"]);
  test.each([
    ["api.example.org", 443, "allow", "api.example.org:443 is declared"],
    ["a.cdn.example.org", 8443, "allow", "*.cdn.example.org:8443 is declared"],
    ["a.b.cdn.example.org", 8443, "allow", "*.cdn.example.org:8443 is declared"],
    ["cdn.example.org", 8443, "deny", "no declared host covers it"],
    ["evilcdn.example.org", 8443, "deny", "no declared host covers it"],
    ["api.example.org", 22, "deny", "api.example.org is declared for port 443 only"],
    ["xapi.example.org", 443, "deny", "no declared host covers it"],
    ["api.example.org.evil.net", 443, "deny", "no declared host covers it"],
    ["127.0.0.1", 443, "deny", "it is an address, and only names can be declared"],
  ])("to %s:%i is judged: %s, %s", (name, port, verdict, rule) => {
    expect(judgeHost(rules, name, port)).toEqual({ verdict, rule });
  });
});

test("a repository gets the hosts it declares only where its user grants them", () => {
  const manifest = readManifest("network: { hosts: [api.example.org] }");
  expect(sessionHosts(manifest, { hosts: ["*.example.org"], install: null })).toEqual(["api.example.org:443"]);
  expect(() => readGranted("network: { hosts: [api.example.org] }")).toThrow(
    "claw.yaml declares api.example.org:443 in network.hosts, and your config.yaml does not grant it",
  );
  expect(sessionHosts(readManifest(undefined), { hosts: ["*.example.org"], install: null })).toEqual([]);
});

test("a repository shows what is usually hidden only where its user grants it, and may take back what it hides itself", () => {
  const text = (rules: string): string => `test: { command: npm test }\nsandbox:\n  mask:\n    - ${rules}\n`;
  expect(() => readGranted(text('"!.env"'))).toThrow(
    "claw.yaml:4: sandbox.mask shows .env, which is hidden where it holds a credential, and your config.yaml does not",
  );
  expect(() => readGranted(text('"!**"'), { ...defaultGrants, shows: [".env"] })).toThrow("shows **");
  for (const shows of [[".env"], ["**"]])
    expect(readGranted(text('"!.env"'), { ...defaultGrants, shows }).sandbox.mask).toEqual(["!.env"]);
  expect(readGranted(text('"config/**"\n    - "!config/public.json"')).sandbox.mask).toHaveLength(2);
});

test("an installation reaches its manager's registry, unless the user or the repository say otherwise", () => {
  const plain = readManifest(undefined);
  expect(installHosts(plain, "npm", defaultGrants)).toEqual(["registry.npmjs.org:443"]);
  expect(installHosts(plain, "uv", defaultGrants)).toEqual(["pypi.org:443", "files.pythonhosted.org:443"]);
  const own = { hosts: [], install: ["npm.corp.example"] };
  expect(installHosts(plain, "npm", own)).toEqual(["npm.corp.example:443"]);
  expect(installHosts(readManifest("setup: { hosts: [] }"), "npm", own)).toEqual([]);
  expect(() => installHosts(readManifest("setup: { hosts: [evil.example] }"), "npm", own)).toThrow("setup.hosts");
});

test("a wildcard grants what lies below it, a name only itself", () => {
  const [wide, name] = readHostRules(["*.example.org", "example.org"]);
  const rule = (text: string) => readHostRules([text])[0] as NonNullable<typeof wide>;
  const by = (granted: typeof wide, text: string) => grants(granted ? [granted] : [], rule(text));
  expect([by(wide, "a.example.org"), by(wide, "*.a.example.org"), by(wide, "*.example.org")]).toEqual([
    true,
    true,
    true,
  ]);
  expect([by(wide, "example.org"), by(name, "*.example.org"), by(name, "a.example.org")]).toEqual([
    false,
    false,
    false,
  ]);
  expect(by(wide, "a.example.org:80")).toBe(false);
});

test("claw.yaml names the line of a host that cannot be declared", () => {
  expect(() => readManifest("network:\n  hosts:\n    - '*.github.io'\n")).toThrow(
    /^claw\.yaml:3: network\.hosts\.0: anybody/,
  );
  expect(hostProblem("registry.example.org")).toBe(null);
});
