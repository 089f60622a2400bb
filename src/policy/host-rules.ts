import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { Verdict } from "./judge.ts";

/** A declared host: one name, or everything below a suffix; always one port. */
export interface HostRule {
  /** Lower case, without "*.". */
  readonly name: string;
  /** True for "*.example.org": every name below it, not the suffix itself. */
  readonly below: boolean;
  readonly port: number;
}

/** TLS, unless a rule says otherwise. */
const DEFAULT_PORT = 443;

/** Hosting where anybody can have a name of their own: a wildcard there would let data out to anybody. */
const shared = `
  amazonaws.com cloudfront.net github.com github.io githubusercontent.com gitlab.com gitlab.io googleapis.com
  googleusercontent.com appspot.com run.app web.app firebaseapp.com fly.dev windows.net azureedge.net
  azurewebsites.net herokuapp.com vercel.app netlify.app pages.dev workers.dev r2.dev cloudflarestorage.com
  trycloudflare.com ngrok.io ngrok.app ngrok-free.app digitaloceanspaces.com ondigitalocean.app onrender.com
  backblazeb2.com fastly.net akamaized.net blogspot.com pastebin.com surge.sh deno.dev supabase.co
  sharepoint.com dropboxusercontent.com
`
  .trim()
  .split(/\s+/);

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const topLabel = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$/;

/**
 * What is wrong with a host name; null when it may be one. Lower-case ASCII labels, at least two, and a last one of
 * letters: no notation of an address (127.1, 0x7f.1, [::1]) fits that.
 */
export function hostProblem(name: string): string | null {
  if (/[:[\]]/.test(name) || /^[0-9.]+$/.test(name) || /(?:^|\.)0x[0-9a-f]*$/.test(name))
    return "it is an address, and only names can be declared";
  const labels = name.split(".");
  if (labels.length < 2) return "it is not a full host name, such as registry.example.org";
  if (name.length > 253 || !labels.every((part) => label.test(part)) || !topLabel.test(labels.at(-1) ?? ""))
    return "it is not a host name: lower-case letters, digits and hyphens between dots";
  return null;
}

/** Reads "host", "host:port" or "*.suffix:port"; a string says what is wrong with it. */
export function parseHostRule(text: string): HostRule | string {
  const [, wildcard, name = "", digits] = /^(\*\.)?([^:*]*)(?::([1-9]\d{0,4}))?$/.exec(text.toLowerCase()) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  const problem = hostProblem(name) ?? (port > 65_535 ? "there is no such port" : null);
  if (problem !== null) return hostProblem(text.toLowerCase().replace(/:\d+$/, "")) ?? problem;
  if (!wildcard) return { name, below: false, port };
  if (/^(?:(?:co|com|org|net|ac|edu|gov)\.[a-z]{2})$/.test(name)) return "a wildcard over a whole registry is refused";
  if (shared.some((host) => name === host || name.endsWith(`.${host}`)))
    return `anybody can have a name below ${name}, so a wildcard there is refused: name the host`;
  return { name, below: true, port };
}

/** Reads declared hosts; throws UsageError for one that cannot be. */
export const readHostRules = (hosts: readonly string[]): HostRule[] =>
  hosts.map((text) => {
    const rule = parseHostRule(text);
    if (typeof rule !== "string") return rule;
    throw new UsageError(`the host "${text}" cannot be declared: ${rule}`, "write it like registry.example.org:443");
  });

/** A declared host in a file. */
export const declaredHost = z.string().superRefine((text, context) => {
  const rule = parseHostRule(text);
  if (typeof rule === "string") context.addIssue({ code: "custom", message: rule });
});

/** A rule as it is written, its port always shown. */
export const hostRuleText = ({ name, below, port }: HostRule): string => `${below ? "*." : ""}${name}:${port}`;

const covers = (rule: HostRule, name: string, port: number): boolean =>
  rule.port === port && (rule.below ? name.endsWith(`.${rule.name}`) : name === rule.name);

/** Does one of the rules allow everything that `asked` would? */
export const grants = (rules: readonly HostRule[], asked: HostRule): boolean =>
  rules.some((rule) =>
    asked.below
      ? rule.below && rule.port === asked.port && (rule.name === asked.name || asked.name.endsWith(`.${rule.name}`))
      : covers(rule, asked.name, asked.port),
  );

/** May a command connect there? `name` in lower case. */
export function judgeHost(rules: readonly HostRule[], name: string, port: number): Verdict {
  const problem = hostProblem(name);
  if (problem !== null) return { verdict: "deny", rule: problem };
  const rule = rules.find((each) => covers(each, name, port));
  if (rule) return { verdict: "allow", rule: `${hostRuleText(rule)} is declared` };
  const other = rules.find((each) => covers({ ...each, port }, name, port));
  return {
    verdict: "deny",
    rule: other ? `${name} is declared for port ${other.port} only` : "no declared host covers it",
  };
}
