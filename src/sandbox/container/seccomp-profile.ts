import { readFile } from "node:fs/promises";
import { z } from "zod";
import { isRefused, NAMESPACES } from "../seccomp.ts";

/** Where podman finds the profile of its containers, the first that is there. */
const places = ["/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"];

/** What this needs to know of a profile (containers-common, seccomp.json(5)); the rest stays as it is. */
const Profile = z.looseObject({
  syscalls: z.array(z.looseObject({ names: z.array(z.string()), action: z.string() })),
});

/** The machine's own profile, narrowed; null where podman has its own built in. */
export async function podmanProfile(ptrace: boolean): Promise<string | null> {
  for (const place of places) {
    const text = await readFile(place, "utf8").catch(() => null);
    if (text !== null) return narrowedProfile(text, ptrace);
  }
  return null;
}

/**
 * A profile that allows nothing more than `text`, and nothing of what no sandbox of claw's allows: podman's own lets
 * commands make user namespaces, and have every capability in them.
 */
export function narrowedProfile(text: string, ptrace: boolean): string {
  const profile = Profile.parse(JSON.parse(text));
  const guarded = ["clone", "clone3", "unshare"];
  const kept = profile.syscalls.map((rule) =>
    rule.action === "SCMP_ACT_ALLOW"
      ? { ...rule, names: rule.names.filter((name) => !guarded.includes(name) && !isRefused(name, ptrace)) }
      : rule,
  );
  const noNamespace = [{ index: 0, value: NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];
  const syscalls = [
    ...kept.filter(({ names }) => names.length > 0),
    { names: ["clone", "unshare"], action: "SCMP_ACT_ALLOW", args: noNamespace },
    // Its flags lie behind a pointer; C libraries fall back to clone.
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
  ];
  return JSON.stringify({ ...profile, syscalls });
}
