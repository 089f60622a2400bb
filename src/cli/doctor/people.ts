import { keyPlace, type KeyReference } from "../../key-reference.ts";
import { type Check, type Finding, ok, warning } from "./finding.ts";

/** Who is told of runs. Nothing is sent, and no program is asked for an address: it may ask a person for a password. */
export const people: Check = async ({ app }) => {
  const { config } = await app();
  const { webhook, slack, discord, desktop, always } = config.user.notify;
  const addresses = Object.entries({ webhook: webhook?.url, slack: slack?.url, discord: discord?.url });
  const findings = addresses.flatMap(([name, url]) => (url ? [address(name, url, config.variable)] : []));
  if (findings.length === 0 && !desktop && !always) return [];
  const when = always ? "every run" : "runs with --notify";
  const others = findings.map(({ check }) => check.replace("notify.", ""));
  const names = desktop || others.length === 0 ? ["this desktop", ...others] : others;
  const wrong = findings.filter(({ state }) => state !== "ok");
  return [...wrong, ok("notify", `${when}: ${names.join(", ")}; try it with claw doctor notify`)];
};

function address(name: string, url: KeyReference, variable: (name: string) => string | undefined): Finding {
  const check = `notify.${name}`;
  if ("env" in url && variable(url.env) === undefined)
    return warning(
      check,
      `${url.env} is not set: nobody is told by ${name}`,
      `set ${url.env} to the webhook's address`,
    );
  return ok(check, `its address is in ${keyPlace(url)}`);
}
