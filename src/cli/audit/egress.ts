import { z } from "zod";
import { plural, printable } from "../../text.ts";
import { type EgressOfRun, foldEgress, type HostUse } from "../../views/egress.ts";
import { command } from "../command.ts";
import { resolveRun } from "../run-id.ts";

export const egress = command({
  arguments: "[run]",
  options: [["--json", "print one JSON object"]],
  more: `Lists every host that commands of a run asked for: what was decided and by which rule, the address that was connected
to, and the bytes that went each way. A sandbox reaches nothing but the hosts that claw.yaml or the installation of
packages declares, and each attempt is on record, refused or not. Where claw itself sent prompts is told besides.

The run is named by the beginning of its id; without one, the newest is meant.

Examples:
  claw audit egress
  claw audit egress 1hk4 --json | jq '.hosts[] | select(.denied > 0)'`,
  input: z.object({ run: z.string().optional(), json: z.boolean().default(false) }),
  async run({ run: prefix, json }, { app, out }) {
    const ledger = await (await app()).ledger();
    const run = await resolveRun(ledger, prefix);
    const used = foldEgress((await ledger.read(run)).events);
    if (json) out(JSON.stringify({ type: "egress", version: 1, run, ...used }));
    else for (const line of lines(run, used)) out(line);
  },
});

function lines(run: string, used: EgressOfRun): string[] {
  const { hosts, sandboxes, open, declared, unrecorded, model } = used;
  const way = open === 0 ? "none had a way out" : `${open} could reach ${declared.join(", ")}`;
  return [
    `run ${run}: ${sandboxes} ${sandboxes === 1 ? "sandbox" : "sandboxes"}, ${way}`,
    ...(unrecorded > 0
      ? [`${unrecorded} shared the host's network (an older claw): what it reached is not on record`]
      : []),
    ...hosts.flatMap(hostLines),
    ...(model ? [`claw itself sent ${plural(model.requests, "request")} to ${model.endpoint}`] : []),
  ];
}

function hostLines(use: HostUse): string[] {
  const { host, port, allowed, denied, sent, received, purposes, addresses } = use;
  const name = printable(port === 0 ? host || "(no host)" : `${host}:${port}`);
  const counts = [...(allowed > 0 ? [`${allowed} allowed`] : []), ...(denied > 0 ? [`${denied} refused`] : [])];
  const bytes = allowed > 0 ? `; ${sent} bytes sent, ${received} received` : "";
  const to = addresses.length > 0 ? ` (${addresses.join(", ")})` : "";
  return [
    `  ${name}${to}  ${counts.join(", ")}, for ${purposes.join(", ")}${bytes}`,
    ...use.rules.map((rule) => `      ${rule}`),
    ...use.cut.map((why) => `      cut: ${printable(why)}`),
  ];
}
