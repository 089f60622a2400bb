import { UsageError } from "../errors.ts";
import { lineOfKey } from "../strict-yaml.ts";
import { grants, type HostRule, hostRuleText, readHostRules } from "./host-rules.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { showsUngranted } from "./masks.ts";

/** What the user's configuration lets repositories declare. */
export interface NetworkGrants {
  /** Hosts that commands of sessions and tests may reach where a claw.yaml declares them. */
  readonly hosts: readonly string[];
  /** Hosts that an installation of packages may reach; null for the public registries. */
  readonly install: readonly string[] | null;
  /** Origins of servers that role files may name as tools, such as http://toolserver:9001. */
  readonly tools?: readonly string[];
  /** Globs of usually hidden files that a claw.yaml may show to commands. */
  readonly shows?: readonly string[];
}

/** Nothing for sessions, the public registries for installations. */
export const defaultGrants: NetworkGrants = { hosts: [], install: null };

const npm = ["registry.npmjs.org"];
const pypi = ["pypi.org", "files.pythonhosted.org"];
/** Where each package manager gets packages unless it is told otherwise. */
const registries: Readonly<Record<string, readonly string[]>> = {
  npm,
  pnpm: npm,
  bun: npm,
  yarn: ["registry.yarnpkg.com", ...npm],
  pip: pypi,
  poetry: pypi,
  uv: pypi,
};

/** Hosts that commands of sessions and tests may reach. Throws UsageError for one that the user does not grant. */
export const sessionHosts = (manifest: Manifest, { hosts }: NetworkGrants): readonly string[] =>
  granted(manifest.network.hosts, { by: hosts, declared: "network.hosts", setting: "network.hosts" });

/** Hosts that installing packages may reach. Throws UsageError for one that the user does not grant. */
export function installHosts(manifest: Manifest, manager: string, { install }: NetworkGrants): readonly string[] {
  const wanted = manifest.setup.hosts ?? install ?? registries[manager] ?? [];
  const by = install ?? [...new Set(Object.values(registries).flat())];
  return granted(wanted, { by, declared: "setup.hosts", setting: "network.install" });
}

/** Reads claw.yaml for a run. It can only narrow: throws UsageError where it asks for more than the user grants. */
export function readGranted(text: string | undefined, network: NetworkGrants = defaultGrants): Manifest {
  const manifest = readManifest(text);
  sessionHosts(manifest, network);
  installHosts(manifest, "", network);
  refuseShowing(text ?? "", manifest, network.shows ?? []);
  return manifest;
}

function refuseShowing(text: string, { sandbox: { mask } }: Manifest, shows: readonly string[]): void {
  const at = showsUngranted(mask, shows);
  if (at < 0) return;
  const glob = mask[at]?.slice(1) ?? "";
  const line = lineOfKey(text, ["sandbox", "mask", at]);
  throw new UsageError(
    `claw.yaml:${line}: sandbox.mask shows ${glob}, which is hidden where it holds a credential, and your config.yaml does not grant it`,
    `grant it there (sandbox: { show: ["${glob}"] }), or take it out of claw.yaml`,
  );
}

interface Granting {
  readonly by: readonly string[];
  /** Key of claw.yaml, and of config.yaml. */
  readonly declared: string;
  readonly setting: string;
}

function granted(wanted: readonly string[], { by, declared, setting }: Granting): readonly string[] {
  const allowed = readHostRules(by);
  const refused = readHostRules(wanted).find((rule: HostRule) => !grants(allowed, rule));
  if (!refused) return readHostRules(wanted).map(hostRuleText);
  throw new UsageError(
    `claw.yaml declares ${hostRuleText(refused)} in ${declared}, and your config.yaml does not grant it`,
    `grant it there (${setting}: ["${hostRuleText(refused)}"]), or take it out of claw.yaml`,
  );
}
