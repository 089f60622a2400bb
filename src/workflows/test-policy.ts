import type { ChangedFile } from "../gates/gate.ts";
import { protectedPaths } from "../gates/protected-paths.ts";
import { scope } from "../gates/scope.ts";
import { size } from "../gates/size.ts";
import type { Recorded } from "../ledger/events.ts";
import { judgeHost, readHostRules } from "../policy/host-rules.ts";
import { judge } from "../policy/judge.ts";
import type { Manifest } from "../policy/manifest.ts";
import { installHosts, type NetworkGrants } from "../policy/network.ts";
import { roles } from "../policy/roles.ts";
import { diffstat } from "../reports/diffstat.ts";

/** A decision of a past run that would be another one today. */
export interface Changed {
  /** "gate size", "call bash", "host a.example.org:443". */
  readonly what: string;
  readonly past: string;
  readonly today: string;
  readonly rule: string;
}

export interface PastRun {
  readonly events: readonly Recorded[];
  /** The whole change as unified text; null when it changed nothing. */
  readonly patch: string | null;
}

interface Today {
  readonly manifest: Manifest;
  readonly grants: NetworkGrants;
}

/** Judges a past run's change, calls and connections once more; gives what was looked at, and what would be otherwise. */
export function testPolicy(
  run: PastRun,
  today: Today,
): { readonly looked: number; readonly changed: readonly Changed[] } {
  const seen = [...gatesAgain(run, today), ...callsAgain(run), ...hostsAgain(run, today)];
  const once = new Map(seen.map((each) => [each.what, each]));
  return { looked: once.size, changed: [...once.values()].filter(({ past, today: now }) => past !== now) };
}

/** The gates that look at paths and sizes; the others look at what a patch does, and no policy changes that. */
function gatesAgain({ events, patch }: PastRun, { manifest }: Today): Changed[] {
  if (patch === null) return [];
  const files = diffstat(patch).map(({ path, added, deleted }): ChangedFile => ({
    path,
    kind: "source",
    status: "modified",
    added,
    deleted,
    binary: added === null,
    before: null,
    after: null,
  }));
  const change = { manifest, files, patch, refused: [], reproduction: [], comparison: null };
  return [scope, protectedPaths, size].flatMap((gate): Changed[] => {
    const was = events.findLast((event) => event.type === "gate.judged" && event.gate === gate.name);
    if (was?.type !== "gate.judged") return [];
    const { verdict, reasons } = gate.judge(change);
    return [{ what: `gate ${gate.name}`, past: was.verdict, today: verdict, rule: reasons[0] ?? was.reasons[0] ?? "" }];
  });
}

function callsAgain({ events }: PastRun): Changed[] {
  const kinds = new Map(
    events.flatMap((event) => (event.type === "session.started" ? [[event.session, event.kind]] : [])),
  );
  return events.flatMap((event): Changed[] => {
    if (event.type !== "call.judged") return [];
    const role = Object.values(roles).find(({ kind }) => kind === kinds.get(event.session));
    if (!role) return [];
    const { verdict, rule } = judge(role, event.tool);
    return [{ what: `${event.tool} in the role ${role.kind}`, past: event.verdict, today: verdict, rule }];
  });
}

function hostsAgain({ events }: PastRun, { manifest, grants }: Today): Changed[] {
  const manager = events.find((event) => event.type === "dependencies.prepared");
  const name = manager?.type === "dependencies.prepared" ? (manager.manager ?? "") : "";
  const session = readHostRules(manifest.network.hosts);
  const install = readHostRules(installHosts(manifest, name, grants));
  return events.flatMap((event): Changed[] => {
    if (event.type !== "egress.judged" || event.port === 0) return [];
    const { verdict, rule } = judgeHost(event.purpose === "install" ? install : session, event.host, event.port);
    const what = `${event.host}:${event.port} for ${event.purpose}`;
    // What the name led to then is not looked up again: only the rules on names are today's.
    return [
      {
        what,
        past: event.verdict,
        today: event.address === null && verdict === "allow" ? event.verdict : verdict,
        rule,
      },
    ];
  });
}
