import { UsageError } from "../../errors.ts";
import { placeName } from "../../forge/place.ts";
import type { CommandDesk } from "../command.ts";
import { forgeFor } from "../forge-issue.ts";
import { type ReadReport, readBytes } from "./read-files.ts";

const address = /^https?:\/\/([^/\s@]+)\/([\w.-]+)\/([\w.-]+)\/actions\/runs\/(\d{1,19})(?:[/?#]\S*)?$/;

/** The logs of a run's failed jobs, as far as the forge gives them: what is around the last error of each. */
export async function readCiRun(url: string, desk: CommandDesk): Promise<ReadReport[]> {
  const [, host = "", owner = "", repo = "", id = ""] = address.exec(url) ?? [];
  if (id === "")
    throw new UsageError(
      `--run: ${url} is no address of a run`,
      "give it like https://github.com/owner/repo/actions/runs/123",
    );
  const place = { host: host.toLowerCase(), owner, repo };
  const forge = await forgeFor(await desk.app(), desk, place);
  const run = await forge.ciRun(Number(id));
  if (run === null)
    throw new UsageError(
      `there is no run ${id} in ${placeName(place)}, or it may not be read`,
      "check the address, and that the token may read Actions: claw doctor forge",
    );
  return run.failed.map(({ name, log }) => {
    const bytes = Buffer.from(log);
    const digest = readBytes([bytes]);
    const notes = [
      ...digest.notes,
      "only the part of the log around its last error was read: gh run view --log-failed | claw triage - reads all of it",
    ];
    return { source: `${name} of run ${id}`, bytes: bytes.length, digest: { ...digest, notes }, madeAt: null };
  });
}
