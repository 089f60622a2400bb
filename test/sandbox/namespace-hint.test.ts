import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { namespaceHint } from "../../src/sandbox/namespace-hint.ts";
import { temporary } from "../repo/fixture.ts";

test.each([
  ["kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"],
  ["user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"],
  ["kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"],
  ["user/max_user_namespaces", "15000", "in a container: seccomp=unconfined"],
])("where %s is %s it says: %s", (path, value, remedy) => {
  const root = temporary();
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${value}\n`);
  expect(namespaceHint(root)).toContain(remedy);
});
