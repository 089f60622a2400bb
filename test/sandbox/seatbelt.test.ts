import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { seatbeltArguments, type SeatbeltLayout, seatbeltLacks, seatbeltProfile } from "../../src/sandbox/seatbelt.ts";

// What is made is compared with what was written down; nothing here was run on a Mac.

const layout: SeatbeltLayout = {
  policy: {
    workspaceMode: "rw",
    mounts: [
      { source: "/private/var/packages", target: "/workspace/node_modules" },
      { source: "/private/var/cache", target: "/cache", writable: true },
    ],
    env: { STAGE: "test" },
  },
  workspace: "/private/var/ws",
  run: "/private/var/run1",
  toolchains: ["/opt/homebrew"],
  proxyPort: null,
  path: "/opt/homebrew/bin:/usr/bin:/bin",
  limits: { openFiles: 256, processes: 64, fileBytes: 1024 },
};

test("a profile denies everything that it does not name", () => {
  expect(seatbeltProfile(layout)).toMatchInlineSnapshot(`
    "(version 1)
    (deny default)
    (allow process-exec) (allow process-fork)
    (allow process-info* (target same-sandbox)) (allow signal (target same-sandbox))
    (allow sysctl-read) (allow file-read-metadata (vnode-type DIRECTORY))
    (allow file-read* (subpath "/usr") (subpath "/bin") (subpath "/sbin") (subpath "/System") (subpath "/Library/Developer/CommandLineTools") (subpath "/private/etc/ssl") (literal "/private/etc/hosts") (literal "/private/etc/localtime") (literal "/dev/null") (literal "/dev/urandom") (literal "/dev/random") (literal "/dev/zero")
      (subpath (param "WS")) (subpath (param "RUN"))
      (subpath "/opt/homebrew")
      (subpath "/private/var/packages")
      (subpath "/private/var/cache"))
    (allow file-write* (subpath (param "WS")) (subpath (param "RUN")) (literal "/dev/null") (subpath "/private/var/cache"))
    (deny file-write* (subpath (string-append (param "WS") "/.git")))
    (deny file-read* (regex #"/\\.env($|\\.)"))
    (allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo") (global-name "com.apple.system.logger") (global-name "com.apple.system.notification_center"))
    "
  `);
});

test("a workspace that is read-only, and the run's own proxy, change exactly one line each", () => {
  const before = seatbeltProfile(layout).split("\n");
  const changed = (other: Partial<SeatbeltLayout>): string[] =>
    seatbeltProfile({ ...layout, ...other })
      .split("\n")
      .filter((line) => !before.includes(line));
  expect(changed({ policy: { ...layout.policy, workspaceMode: "ro" } })).toEqual([
    '(allow file-write* (subpath (param "RUN")) (literal "/dev/null") (subpath "/private/var/cache"))',
  ]);
  expect(changed({ proxyPort: 3128 })).toEqual(['(allow network-outbound (remote ip "localhost:3128"))']);
});

test("a path can add no rule of its own", () => {
  const toolchains = ['/opt/"))(allow default)("\\'];
  expect(seatbeltProfile({ ...layout, toolchains })).toContain('(subpath "/opt/\\"))(allow default)(\\"\\\\")');
  for (const path of ["relative", "/line\nbreak", "/nul\0"])
    expect(() => seatbeltProfile({ ...layout, toolchains: [path] })).toThrow(UsageError);
});

test("the command gets its words untouched, an environment made from nothing, and limits", () => {
  const [program, ...rest] = seatbeltArguments({ ...layout, proxyPort: 3128 }, ["echo", "a b", "$(id)"]);
  expect(program).toBe("/usr/bin/sandbox-exec");
  expect(rest.slice(2)).toMatchInlineSnapshot(`
    [
      "-D",
      "WS=/private/var/ws",
      "-D",
      "RUN=/private/var/run1",
      "/usr/bin/env",
      "-i",
      "PATH=/opt/homebrew/bin:/usr/bin:/bin",
      "HOME=/private/var/run1/home",
      "TMPDIR=/private/var/run1/tmp",
      "LANG=C.UTF-8",
      "CI=1",
      "GIT_DIR=/private/var/run1/git",
      "GIT_WORK_TREE=/private/var/ws",
      "STAGE=test",
      "HTTPS_PROXY=http://127.0.0.1:3128",
      "NODE_USE_ENV_PROXY=1",
      "/bin/sh",
      "-c",
      "ulimit -c 0 -n 256 -u 64 -f 2; exec "$@"",
      "sh",
      "echo",
      "a b",
      "$(id)",
    ]
  `);
  expect(seatbeltLacks).toEqual(["no-pidns", "shared-loopback"]);
});
