import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import { placeName } from "../../forge/place.ts";
import { judgeReach, type Reach } from "../../policy/forge-reach.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { forgeFor, placeOfOrigin } from "../forge-issue.ts";

export const forge = command({
  options: [["--json", "print one JSON object"]],
  more: `Asks the forge that the remote called origin leads to what the credential could do there, and says what is missing for
publishing and what is more than claw ever needs. It changes nothing.

The least that is enough: a fine-grained token, or a GitHub App, for this repository alone, with contents, issues and pull
requests (read and write), and checks (write) where the proof should show beside the commit.

Examples:
  claw doctor forge
  claw doctor forge --json

Exit codes: 0 the credential can publish; 22 it cannot, or the forge does not answer`,
  working: "asking the forge",
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const app = await desk.app();
    const place = await placeOfOrigin(app, desk.cwd);
    const reach = await (await forgeFor(app, desk, place)).reach();
    const { missing, excess } = judgeReach(reach);
    if (json)
      desk.out(JSON.stringify({ type: "forge", version: 1, repository: placeName(place), ...reach, missing, excess }));
    else for (const line of lines(placeName(place), reach)) desk.out(printable(line));
    return missing.length > 0 ? exitCodes["forge-unavailable"] : 0;
  },
});

function lines(repository: string, reach: Reach): string[] {
  const { missing, excess } = judgeReach(reach);
  const whose = {
    app: "a GitHub App, asked for one permission at a time",
    token: `a token of ${reach.account}`,
    local: `none: files of this machine, as ${reach.account}`,
  }[reach.kind];
  const scopes = reach.scopes?.filter(Boolean).join(", ");
  return [
    `repository  ${repository}`,
    `credential  ${whose}${scopes ? `, with the scopes ${scopes}` : ""}`,
    ...missing.map((words) => `  ✗ ${words}`),
    ...excess.map((words) => `  ! more than is needed: ${words}`),
    ...(missing.length + excess.length === 0 ? ["  ✓ it can publish, and little else"] : []),
    ...(excess.length > 0 ? ["  see what is enough with: claw doctor forge --help"] : []),
  ];
}
