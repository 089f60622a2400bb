import { describe, expect, test } from "vitest";
import { holdsCredential, maskOf } from "../../src/policy/masks.ts";

describe("which files are hidden", () => {
  test.each([
    ["src/a.ts", [], null],
    ["src/a.ts", ["src/**"], "sandbox.mask: src/**"],
    ["src/a.ts", ["src/**", "!a.ts"], null],
    [".env", [], "a usual place of credentials: .env"],
    ["apps/web/.env.local", [], "a usual place of credentials: .env.*"],
    [".env.example", [], null],
    ["certs/server.pem", [], "a usual place of credentials: *.pem"],
    ["release/upload.keystore", [], "a usual place of credentials: *.keystore"],
    ["deploy/prod.p12", [], "a usual place of credentials: *.p12"],
    ["my-app-firebase-adminsdk-ab12c.json", [], "a usual place of credentials: *firebase-adminsdk*.json"],
    [
      ".config/gcloud/application_default_credentials.json",
      [],
      "a usual place of credentials: application_default_credentials.json",
    ],
    ["infra/kubeconfig", [], "a usual place of credentials: kubeconfig"],
    ["test/fixtures/server.pem", [], null],
    ["test/server.key", ["*.key"], "sandbox.mask: *.key"],
  ] as const)("%s with %j", (path, repository, rule) => {
    expect(maskOf(path, { repository })?.rule ?? null).toBe(rule);
  });

  test("only what the repository names itself is hidden whatever is in it", () => {
    const found = [[], [".env"]].map((repository) => maskOf(".env", { repository })?.ifSecret);
    expect(found).toEqual([true, false]);
  });

  test.each([
    [["!.npmrc"], {}, true],
    [["**", "!**"], {}, true],
    [["!.npmrc"], { shows: ["*.pem"] }, true],
    [["!.npmrc"], { shows: [".npmrc"] }, false],
    [[], { shows: [".npmrc"] }, true],
    [[], { user: ["!.npmrc"] }, false],
    [[".npmrc"], { user: ["!.npmrc"] }, false],
    [["!.npmrc"], { user: [".npmrc"], shows: [".npmrc"] }, true],
  ] as const)("claw.yaml's %j and the user's %j hide .npmrc: %s", (repository, users, hides) => {
    expect(maskOf(".npmrc", { repository, ...users }) !== null).toBe(hides);
  });
});

test.each([
  ["//registry.npmjs.org/:_authToken=canary-1234567", true],
  ["//registry.npmjs.org/:_authToken=${NPM_TOKEN}", false],
  ["registry=https://registry.npmjs.org/\nsave-exact=true\nalways-auth=true", false],
  ["PORT=3000\nexport DB_PASSWORD='hunter2x'", true],
  ["SECRET_KEY_BASE=0123456789abcdef", true],
  ["API_KEY=\nAPI_TOKEN=<your token>\nSECRET=changeme", false],
  ["API_KEY_PROD=abcdefgh12345", true],
  ["TOKEN1=abcdefgh12345", true],
  ["GH_PAT=abcdef0123456789\nPASSPHRASE=correct horse battery", true],
  ["SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0/B0/abcdefghijkl", true],
  ["SENTRY_DSN=https://abcdef0123456789abcdef@o1.ingest.sentry.io/3", true],
  ["SESSION_SECRET='$abc^defghi'\nSTAGE=$STAGE_NAME", true],
  ['API_KEY=$API_KEY_FROM_CI\nTOKEN="${TOKEN}"', false],
  ["DATABASE_URL=postgres://postgres:postgres@localhost/app\nKEYBOARD=qwertz-de", false],
  ['{ "auths": { "example.org": { "auth": "dXNlcjpwYXNz" } } }', true],
  ["0123456789abcdef0123456789abcdef\n", true],
  ["0\x82\x04\xa2\x02\x01\x00", true],
  ["\xfe\xed\xfe\xed\0\0\0\x02", true],
  ["PuTTY-User-Key-File-3: ssh-ed25519\n", true],
  ["ada:$apr1$c4n4ry$0123456789abcdefghijkl", true],
  ["users:\n- user:\n    client-key-data: LS0tLS1CRUdJTg==", true],
  ['{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----"}', true],
  ['{"http-basic":{"repo.example.org":{"username":"ada","password":"hunter2x"}}}', true],
  ['{"password":"<your password>","token":"${TOKEN}"}', false],
  ["hvs.CAESIcanarycanarycanary\n", true],
  ["machine example.org login ada password hunter2", true],
  ["[pypi]\nusername = ada\npassword = hunter2x", true],
  ["db.example.org:5432:app:ada:hunter2", true],
  ["https://ada:hunter2hunter@example.org", true],
  ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", false],
  [`-----BEGIN PRIVATE KEY-----\n${"A".repeat(64)}\n-----END PRIVATE KEY-----`, true],
])("%j holds a credential: %s", (text, holds) => {
  expect(holdsCredential(text)).toBe(holds);
});
