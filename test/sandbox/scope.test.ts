import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findScopeMaker, scopeArguments } from "../../src/sandbox/scope.ts";
import { limits } from "./limits.ts";
import { workbench } from "./workbench.ts";

const bench = workbench();

// Written down and not run: where tests run there is no user manager.
test("a command becomes the one of a scope that holds its memory, swap and tasks, with an empty environment again", () => {
  const where = { program: "/usr/bin/systemd-run", runtime: "/run/user/1000" };
  expect(scopeArguments(limits, where).join(" ")).toMatchInlineSnapshot(
    `"/usr/bin/env XDG_RUNTIME_DIR=/run/user/1000 /usr/bin/systemd-run --user --scope --quiet --collect --description=claw --property=MemoryMax=2147483648 --property=MemorySwapMax=0 --property=TasksMax=4096 -- /usr/bin/env -i"`,
  );
});

test("only a manager of the user's own is asked, and never for root", () => {
  const runtime = join(bench.dir, "runtime");
  // Of the file's owner, who as root is somebody else.
  const uid = process.getuid?.() || 54_321;
  const program = process.execPath;
  const found = (of: number, other = {}) =>
    findScopeMaker({ uid: of, gid: of }, { program, runtime, ...other }) !== null;
  expect(found(uid)).toBe(false);
  mkdirSync(join(runtime, "systemd"), { recursive: true });
  const socket = join(runtime, "systemd/private");
  writeFileSync(socket, "");
  if (process.getuid?.() === 0) chownSync(socket, uid, uid);
  expect([found(uid), found(uid + 1), found(0), found(uid, { program: "/nonexistent" })]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
