import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { openSeatbelt } from "../../src/sandbox/on-host/seatbelt.ts";
import type { EgressFact, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { limits } from "./limits.ts";
import { output, workbench } from "./workbench.ts";
import { seatbeltArguments, type SeatbeltLayout, seatbeltLacks, seatbeltProfile } from "../../src/sandbox/seatbelt.ts";

// What is made is compared with what was written down; nothing here was run on a Mac.

const bench = workbench();

const layout: SeatbeltLayout = {
  policy: {
    workspaceMode: "rw",
    mounts: [
      { source: "/private/var/packages", target: "/workspace/node_modules" },
      { source: "/private/var/cache", target: "/cache", writable: true },
    ],
    git: { dir: "/private/var/git", objects: ["/Users/ada/project/.git/objects"] },
    limits: { ...limits, openFiles: 256, processes: 64, fileBytes: 1024 },
  },
  workspace: "/private/var/ws",
  home: "/private/var/run1/home",
  tmp: "/private/var/run1/tmp",
  toolchains: ["/opt/homebrew"],
  proxyPort: null,
  env: { PATH: "/opt/homebrew/bin:/usr/bin:/bin", STAGE: "test" },
};

test("a profile denies everything that it does not name", () => {
  expect(seatbeltProfile(layout)).toMatchInlineSnapshot(`
    "(version 1)
    (deny default)
    (allow process-exec) (allow process-fork)
    (allow process-info* (target same-sandbox)) (allow signal (target same-sandbox))
    (allow sysctl-read) (allow file-read-metadata (vnode-type DIRECTORY))
    (allow file-read* (subpath "/usr") (subpath "/bin") (subpath "/sbin") (subpath "/System") (subpath "/Library/Developer/CommandLineTools") (subpath "/private/etc/ssl") (literal "/private/etc/hosts") (literal "/private/etc/localtime") (literal "/dev/null") (literal "/dev/urandom") (literal "/dev/random") (literal "/dev/zero")
      (subpath (param "WS")) (subpath (param "HOME")) (subpath (param "TMP"))
      (subpath "/opt/homebrew")
      (subpath "/private/var/packages")
      (subpath "/private/var/cache")
      (subpath "/Users/ada/project/.git/objects"))
    (allow file-write* (subpath (param "WS")) (subpath (param "HOME")) (subpath (param "TMP")) (literal "/dev/null") (subpath "/private/var/cache"))
    (deny file-read* (regex #"/\\.env($|\\.)"))
    (allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo") (global-name "com.apple.system.logger") (global-name "com.apple.system.notification_center"))
    "
  `);
});

test("a workspace that is read-only or has no git, and the run's own proxy, change what they mean", () => {
  const before = seatbeltProfile(layout).split("\n");
  const changed = (other: Partial<SeatbeltLayout>): string[] =>
    seatbeltProfile({ ...layout, ...other })
      .split("\n")
      .filter((line) => !before.includes(line));
  expect(changed({ policy: { ...layout.policy, workspaceMode: "ro" } })).toEqual([
    '(allow file-write* (subpath (param "HOME")) (subpath (param "TMP")) (literal "/dev/null") (subpath "/private/var/cache"))',
  ]);
  const git = { dir: "/private/var/git", objects: [] };
  expect(changed({ policy: { ...layout.policy, git } }).join()).not.toContain("/.git");
  expect(changed({ policy: { ...layout.policy, git: null } })).toContain(
    '(deny file-write* (subpath (string-append (param "WS") "/.git")))',
  );
  expect(changed({ hidden: ["/private/var/ws/.npmrc"], frozen: ["/private/var/ws/a.test.js"] })).toEqual([
    '(deny file-read* (literal "/private/var/ws/.npmrc"))',
    '(deny file-write* (literal "/private/var/ws/.npmrc") (literal "/private/var/ws/a.test.js"))',
  ]);
  expect(changed({ ways: ["/private/var/ws/apps"] })).toEqual([
    '(deny file-write-unlink (literal "/private/var/ws/apps"))',
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
  const [program, ...rest] = seatbeltArguments(layout, ["echo", "a b", "$(id)"]);
  expect(program).toBe("/usr/bin/sandbox-exec");
  expect(rest.slice(2)).toMatchInlineSnapshot(`
    [
      "-D",
      "WS=/private/var/ws",
      "-D",
      "HOME=/private/var/run1/home",
      "-D",
      "TMP=/private/var/run1/tmp",
      "/usr/bin/env",
      "-i",
      "PATH=/opt/homebrew/bin:/usr/bin:/bin",
      "STAGE=test",
      "/bin/sh",
      "-c",
      "ulimit -c 0 -n 256 -u 64 -f 2; exec "$@"",
      "sh",
      "echo",
      "a b",
      "$(id)",
    ]
  `);
  expect(seatbeltLacks).toEqual(["no-pidns", "shared-loopback", "watchdog"]);
});

/** The shell of macOS is bash. Does with bubblewrap what Seatbelt would do with the profile, as far as the wiring needs it. */
const confining = `#!/bin/bash
[ "$1" = -p ] && [[ $2 == "(version 1)"* ]] || exit 70
shift 2; binds=()
while [ "$1" = -D ]; do binds+=(--bind "\${2#*=}" "\${2#*=}"); shift 2; done
exec bwrap --ro-bind / / --dev /dev --tmpfs "$HIDDEN" "\${binds[@]}" --unshare-net --unshare-pid --proc /proc "\${@/#\\/bin\\/sh//bin/bash}"
`;
const standIn = (name: string, script: string): string => {
  const path = join(bench.dir, name);
  writeFileSync(path, script.replace("$HIDDEN", bench.host.stateDir), { mode: 0o755 });
  return path;
};
const policy = (network: SandboxPolicy["network"] = "none"): SandboxPolicy => ({
  workspace: bench.workspace({ "a.txt": "one\n" }),
  workspaceMode: "rw",
  git: null,
  mounts: [],
  env: { STAGE: "test" },
  network,
  limits,
});

test("commands run under the profile, by the names they know, and one that confines nothing is refused", async () => {
  const box = await openSeatbelt(policy(), bench.host, { program: standIn("confining", confining) });
  expect(box.backend).toBe("seatbelt");
  expect(await output(box, "cat /workspace/a.txt; echo $STAGE > b; cat b; pwd; echo x > $TMPDIR/x; echo $HOME")).toBe(
    "one\ntest\n/workspace\n/home/agent",
  );
  await box.close();
  const open = standIn(
    "open",
    '#!/bin/bash\nwhile [ "$1" != /usr/bin/env ]; do shift; done; exec "${@/#\\/bin\\/sh//bin/bash}"\n',
  );
  await expect(openSeatbelt(policy(), bench.host, { program: open })).rejects.toThrow(
    "a command can read a file of the host, a command can write",
  );
  const broken = standIn("broken", "#!/bin/bash\nexit 71\n");
  await expect(openSeatbelt(policy(), bench.host, { program: broken })).rejects.toThrow("it runs nothing");
  await expect(openSeatbelt(policy(), bench.host, { program: "/nonexistent" })).rejects.toThrow(
    "there is no /nonexistent",
  );
});

test("declared hosts are reached through a port of the sandbox's own, by who knows its password", async () => {
  const facts: EgressFact[] = [];
  const onEgress = (fact: EgressFact) => Promise.resolve(void facts.push(fact));
  const way = { program: standIn("confining", confining), onEgress };
  const box = await openSeatbelt(policy({ hosts: ["a.claw.test"] }), { ...bench.host, lookup: async () => [] }, way);
  const proxy = new URL(await output(box, "echo $HTTPS_PROXY"));
  const ask = (authorization: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(proxy.port), proxy.hostname);
      socket.once("error", reject).once("data", (chunk) => resolve(chunk.toString("latin1").split("\r\n")[0] ?? ""));
      socket.write(`CONNECT a.claw.test:443 HTTP/1.1\r\n${authorization}\r\n`);
    });
  const basic = (text: string) => `Proxy-Authorization: Basic ${Buffer.from(text).toString("base64")}\r\n`;
  const refused = "HTTP/1.1 407 Proxy Authentication Required";
  expect([await ask(""), await ask(basic("claw:guess"))]).toEqual([refused, refused]);
  expect(facts).toEqual([]);
  expect(await ask(basic(`claw:${proxy.password}`))).toBe("HTTP/1.1 403 Forbidden");
  expect(facts).toMatchObject([
    { kind: "judged", host: "a.claw.test", verdict: "deny", rule: "its name does not resolve" },
  ]);
  await box.close();
  await expect(ask("")).rejects.toThrow("ECONNREFUSED");
});
