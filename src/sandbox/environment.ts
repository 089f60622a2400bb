import { UsageError } from "../errors.ts";

/** Where the command finds its private home. */
export const HOME = "/home/agent";

/** Names that carry credentials, or that make programs load or run something else than what was asked for. */
const refused =
  /KEY|TOKEN|SECRET|PASS|CRED|AUTH|COOKIE|SESSION|_PROXY|^LD_|^DYLD_|^GIT_|^NODE_OPTIONS|^npm_|^BASH_ENV|^ENV$|^PYTHONSTARTUP/i;

/** The whole environment of a command unless the policy adds to it; nothing is inherited. `path` is the PATH inside. */
export const baseEnvironment = (path: string): Readonly<Record<string, string>> => ({
  PATH: path,
  HOME,
  TMPDIR: "/tmp",
  USER: "agent",
  LOGNAME: "agent",
  SHELL: "/bin/bash",
  LANG: "C.UTF-8",
  TERM: "dumb",
  NO_COLOR: "1",
  CI: "1",
  PYTHONDONTWRITEBYTECODE: "1",
  // The workspace may belong to another user id than the command's; its git directory is claw's own, and disposable.
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: "*",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  npm_config_cache: `${HOME}/.npm`,
  npm_config_update_notifier: "false",
  XDG_CACHE_HOME: `${HOME}/.cache`,
  XDG_CONFIG_HOME: `${HOME}/.config`,
});

/** What Node is started with: no credential, and harmless inside where somebody has written out what it is to be. */
export const NODE_OPTIONS = "NODE_OPTIONS";

/**
 * Returns what a policy or a call adds to the environment; a name that may carry a credential is a UsageError, unless it is
 * `written` out by the user.
 */
export function checkedEnvironment(
  added: Readonly<Record<string, string>>,
  written: readonly string[] = [],
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(added)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value.includes("\0")) {
      throw new UsageError(
        `"${name}" cannot be an environment variable of a sandboxed command`,
        "use letters, digits and _",
      );
    }
    if (refused.test(name) && !written.includes(name)) {
      throw new UsageError(
        `the variable ${name} is never passed into the sandbox: its name says that it may carry a secret or redirect programs`,
        "pass what the command needs in a file of the workspace, or under another name if it is harmless",
      );
    }
  }
  return added;
}
