import { UsageError } from "../errors.ts";
import type { SandboxPolicy } from "./sandbox.ts";

/** Where things are on a Mac. All paths absolute and canonical: /private/var, not /var. */
export interface SeatbeltLayout {
  readonly policy: Pick<SandboxPolicy, "workspaceMode" | "mounts" | "git" | "limits">;
  readonly workspace: string;
  /** Private home and temporary directory of the run. */
  readonly home: string;
  readonly tmp: string;
  readonly toolchains: readonly string[];
  /** Port of the run's own egress proxy on loopback; null without one. */
  readonly proxyPort: number | null;
  /** Files of the workspace that something would be mounted over: hidden ones, and those that nothing may change. */
  readonly hidden?: readonly string[];
  readonly frozen?: readonly string[];
  /** Directories that would lead past those if they were moved. */
  readonly ways?: readonly string[];
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Stands in for the system's own program in tests. */
  readonly program?: string;
}

/** What Seatbelt cannot give, by the names that `degraded` uses. */
export const seatbeltLacks: readonly string[] = ["no-pidns", "shared-loopback", "watchdog"];

const system = ["/usr", "/bin", "/sbin", "/System", "/Library/Developer/CommandLineTools", "/private/etc/ssl"];
const files = ["/private/etc/hosts", "/private/etc/localtime", "/dev/null", "/dev/urandom", "/dev/random", "/dev/zero"];
/** Name look-ups, the log and notifications; never Apple events, Launch Services, trustd or securityd. */
const services = [
  "com.apple.system.opendirectoryd.libinfo",
  "com.apple.system.logger",
  "com.apple.system.notification_center",
];

/** A string of the profile's language; a path with a control character is refused rather than escaped. */
function literal(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the ones that are refused
  if (/[\u0000-\u001f\u007f]/.test(text) || !text.startsWith("/"))
    throw new UsageError(
      `${JSON.stringify(text)} cannot be shown to a command`,
      "use an absolute path of plain characters",
    );
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
const all = (form: string, paths: readonly string[]): string =>
  paths.map((path) => `(${form} ${literal(path)})`).join(" ");

const deny = (what: string, paths: readonly string[]): string =>
  paths.length === 0 ? "" : `(deny ${what} ${all("literal", paths)})\n`;

/** The profile of a policy for sandbox-exec: everything is denied that it does not name. The last rule that fits decides. */
export function seatbeltProfile(layout: SeatbeltLayout): string {
  const { policy, toolchains, proxyPort, hidden = [], frozen = [], ways = [] } = layout;
  const { mounts, git, workspaceMode } = policy;
  const shown = [...toolchains, ...mounts.map(({ source }) => source), ...(git?.objects ?? [])];
  const writable = mounts.flatMap(({ source, writable: yes }) => (yes ? [source] : []));
  const workspace = workspaceMode === "rw" ? '(subpath (param "WS")) ' : "";
  const own = '(subpath (param "HOME")) (subpath (param "TMP"))';
  return `(version 1)
(deny default)
(allow process-exec) (allow process-fork)
(allow process-info* (target same-sandbox)) (allow signal (target same-sandbox))
(allow sysctl-read) (allow file-read-metadata (vnode-type DIRECTORY))
(allow file-read* ${all("subpath", system)} ${all("literal", files)}
  (subpath (param "WS")) ${own}${shown.map((path) => `\n  (subpath ${literal(path)})`).join("")})
(allow file-write* ${workspace}${own} (literal "/dev/null")${writable.map((path) => ` (subpath ${literal(path)})`).join("")})
${git === null ? '(deny file-write* (subpath (string-append (param "WS") "/.git")))\n' : ""}(deny file-read* (regex #"/\\.env($|\\.)"))
${deny("file-read*", hidden)}${deny("file-write*", [...hidden, ...frozen])}${deny("file-write-unlink", ways)}(allow mach-lookup ${services.map((name) => `(global-name "${name}")`).join(" ")})
${proxyPort === null ? "" : `(allow network-outbound (remote ip "localhost:${proxyPort}"))\n`}`;
}

/** The command line that runs argv under the profile, with an environment made from nothing and limits of its own. */
export function seatbeltArguments(layout: SeatbeltLayout, argv: readonly string[]): readonly string[] {
  const { workspace, home, tmp, env, program = "/usr/bin/sandbox-exec" } = layout;
  const { fileBytes, openFiles, processes } = layout.policy.limits;
  const blocks = Math.ceil(fileBytes / 512);
  const bounds = `ulimit -c 0 -n ${openFiles} -u ${processes} -f ${blocks}; exec "$@"`;
  const places = { WS: workspace, HOME: home, TMP: tmp };
  const parameters = Object.entries(places).flatMap(([name, path]) => ["-D", `${name}=${path}`]);
  const cleared = ["/usr/bin/env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  return [program, "-p", seatbeltProfile(layout), ...parameters, ...cleared, "/bin/sh", "-c", bounds, "sh", ...argv];
}
