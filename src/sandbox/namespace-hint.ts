import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Settings of kernels that keep users, or everybody, from making user namespaces, and what undoes each. */
const settings: readonly { readonly path: string; readonly closed: string; readonly remedy: string }[] = [
  {
    path: "kernel/unprivileged_userns_clone",
    closed: "0",
    remedy: "let users make user namespaces: sysctl -w kernel.unprivileged_userns_clone=1",
  },
  {
    path: "user/max_user_namespaces",
    closed: "0",
    remedy: "let there be user namespaces: sysctl -w user.max_user_namespaces=15000",
  },
  {
    path: "kernel/apparmor_restrict_unprivileged_userns",
    closed: "1",
    remedy:
      "let bubblewrap make user namespaces: give /usr/bin/bwrap an AppArmor profile with userns (packages apparmor-profiles, bubblewrap), or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
  },
];

const elsewhere = "user namespaces must be allowed here (in a container: seccomp=unconfined and an unmasked /proc)";

/** What to do where no namespaces can be made, by what the kernel's settings in `root` say. */
export function namespaceHint(root = "/proc/sys"): string {
  const found = settings.find(({ path, closed }) => valueOf(join(root, path)) === closed);
  return found?.remedy ?? elsewhere;
}

function valueOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}
