import { protectedPaths } from "../gates/protected-paths.ts";
import { scope } from "../gates/scope.ts";
import type { Change, Judgement } from "../gates/gate.ts";
import { grants, hostRuleText, judgeHost, parseHostRule, readHostRules } from "../policy/host-rules.ts";
import { judge } from "../policy/judge.ts";
import type { Manifest } from "../policy/manifest.ts";
import { maskOf } from "../policy/masks.ts";
import { installHosts, type NetworkGrants } from "../policy/network.ts";
import { roles } from "../policy/roles.ts";
import { matchesGlob } from "../text.ts";

/** One rule's answer to one question. */
export interface Answer {
  readonly question: string;
  readonly verdict: "allow" | "ask" | "deny";
  readonly rule: string;
}

interface Policy {
  readonly manifest: Manifest;
  readonly grants: NetworkGrants;
}

const verdictOf = { pass: "allow", ask: "ask", block: "deny" } as const;

/** What the gates say about a change of one path of the repository, and what a session sees of it. */
export function explainPath(path: string, policy: Policy): Answer[] {
  const { manifest } = policy;
  if (path.startsWith("/")) {
    const shown = /^\/(?:usr|bin|sbin|lib|lib64)(?:\/|$)/.test(path);
    const rule = shown
      ? "the system is shown, read-only"
      : "outside the workspace nothing is shown but /usr, a prepared /etc and the toolchains on your PATH";
    return [{ question: "may a session read it?", verdict: shown ? "allow" : "deny", rule }];
  }
  const file = {
    path,
    kind: "source",
    status: "modified",
    added: 1,
    deleted: 0,
    binary: false,
    before: null,
    after: null,
  };
  const change = { manifest, files: [file], patch: "", refused: [], reproduction: [], comparison: null } as Change;
  const by = (gate: { readonly name: string; readonly judge: (change: Change) => Judgement }, free: string): Answer => {
    const { verdict, reasons } = gate.judge(change);
    const rule = reasons.join("; ") || free;
    return { question: `may a fix change it? (gate ${gate.name})`, verdict: verdictOf[verdict], rule };
  };
  return [
    explainReading(path, policy),
    by(scope, manifest.scope.allow.length > 0 ? "scope.allow of claw.yaml covers it" : "no scope is set in claw.yaml"),
    by(protectedPaths, "no built-in or declared protected path covers it"),
  ];
}

function explainReading(path: string, { manifest, grants: { shows = [] } }: Policy): Answer {
  const question = "may a session read it?";
  const mask = maskOf(path, { repository: manifest.sandbox.mask, shows });
  if (mask === null) return { question, verdict: "allow", rule: "the whole commit is in the workspace" };
  if (!mask.ifSecret) return { question, verdict: "deny", rule: `commands find it empty (${mask.rule})` };
  const granted = shows.some((glob) => matchesGlob(path, glob)) ? "" : `, once sandbox.show of config.yaml grants it`;
  const show = `sandbox.mask: ["!${path}"] in claw.yaml shows it${granted}`;
  return { question, verdict: "ask", rule: `it is empty when it holds a credential (${mask.rule}); ${show}` };
}

/** Commands are not judged by their text: who may run any, and what one can reach, is all there is. */
export function explainCommand({ manifest, grants: granted }: Policy): Answer[] {
  const hosts = manifest.network.hosts;
  const network: Answer =
    hosts.length === 0
      ? { question: "may it use the network?", verdict: "deny", rule: "claw.yaml declares no host (network.hosts)" }
      : { question: `may it reach ${hosts.join(", ")}?`, ...sessionVerdict(hosts, granted) };
  return [
    ...Object.values(roles).map((role) => ({
      question: `may a session in the role ${role.kind} run it?`,
      ...judge(role, "bash"),
    })),
    {
      question: "does its text matter?",
      verdict: "allow",
      rule: "no decision is made on the text of a command; the sandbox contains what it does",
    },
    network,
  ];
}

function sessionVerdict(hosts: readonly string[], { hosts: granted }: NetworkGrants): Pick<Answer, "verdict" | "rule"> {
  const allowed = readHostRules(granted);
  const lacking = readHostRules(hosts).find((rule) => !grants(allowed, rule));
  return lacking
    ? {
        verdict: "deny",
        rule: `network.hosts of config.yaml does not grant ${hostRuleText(lacking)}; a run refuses to start`,
      }
    : { verdict: "allow", rule: "claw.yaml declares it and config.yaml grants it" };
}

/** May commands of sessions and tests, and installations by each kind of manager, connect to a host? */
export function explainHost(text: string, { manifest, grants: granted }: Policy): Answer[] {
  const rule = parseHostRule(text);
  if (typeof rule === "string") return [{ question: "may anything reach it?", verdict: "deny", rule }];
  const declared = readHostRules(manifest.network.hosts);
  const session = judgeHost(declared, rule.name, rule.port);
  const managers = ["npm", "yarn", "pip"] as const;
  return [
    {
      question: "may commands of sessions and tests reach it?",
      ...(session.verdict === "deny" ? session : sessionVerdict([hostRuleText(rule)], granted)),
    },
    ...managers.map((manager) => ({
      question: `may an installation by ${manager} reach it?`,
      ...judgeHost(readHostRules(installHosts(manifest, manager, granted)), rule.name, rule.port),
    })),
  ];
}
