import { UsageError } from "../../errors.ts";
import type { CiEvidence } from "../../forge/forge.ts";
import { placeName } from "../../forge/place.ts";
import { plural, printable } from "../../text.ts";
import type { CommandDesk } from "../command.ts";
import { type ForgeDesk, forgeFor } from "../forge-issue.ts";
import { mayBeReport, type ReadReport, readBytes } from "./read-files.ts";
import { readZip } from "./read-zip.ts";

const address = /^https?:\/\/([^/\s@]+)\/([\w.-]+)\/([\w.-]+)\/actions\/runs\/(\d{1,19})(?:[/?#]\S*)?$/;

/** Reports that are read of one artifact. */
const MOST_REPORTS = 2000;

/** What a run of CI left. */
export interface CiReports {
  readonly commit: string;
  /** A job of it did not end well. */
  readonly red: boolean;
  readonly reports: readonly ReadReport[];
  /** What was not read, and why. */
  readonly notes: readonly string[];
}

/** The logs of a run's failed jobs, and the reports in its artifacts. */
export async function readCiRun(url: string, desk: ForgeDesk & Pick<CommandDesk, "app">): Promise<CiReports> {
  const [, host = "", owner = "", repo = "", id = ""] = address.exec(url) ?? [];
  if (id === "")
    throw new UsageError(
      `--run: ${url} is no address of a run`,
      "give it like https://github.com/owner/repo/actions/runs/123",
    );
  const place = { host: host.toLowerCase(), owner, repo };
  const forge = await forgeFor(await desk.app(), desk, place);
  const left = await forge.ciEvidence(Number(id));
  if (left === null)
    throw new UsageError(
      `there is no run ${id} in ${placeName(place)}, or it may not be read`,
      "check the address, and that the token may read Actions: claw doctor forge",
    );
  const logs = left.logs.map(({ name, bytes, cut }) => {
    const digest = readBytes([bytes]);
    const notes = cut ? [...digest.notes, "the log is longer than what was read of it"] : digest.notes;
    const source = `${printable(name)} of run ${id}`;
    return {
      source,
      bytes: bytes.length,
      digest: { ...digest, notes, complete: digest.complete && !cut },
      madeAt: null,
    };
  });
  const notes = [...left.leftOut];
  const inside = left.artifacts.flatMap((artifact) => reportsIn(artifact, notes));
  return { commit: left.commit, red: left.red, reports: [...inside, ...logs], notes };
}

/** The reports in an artifact: what of it tells of tests. An archive that is not in order is refused whole. */
export function reportsIn({ name, archive }: CiEvidence["artifacts"][number], notes: string[]): ReadReport[] {
  const called = `the artifact ${printable(name)}`;
  try {
    const files = readZip(archive).filter(({ name: file }) => mayBeReport(file));
    if (files.length > MOST_REPORTS)
      notes.push(`${called} has ${files.length} files that may be reports: the first ${MOST_REPORTS} were read`);
    const read = files.slice(0, MOST_REPORTS).map((file) => {
      const bytes = file.read();
      const digest = readBytes([bytes]);
      return {
        source: `${printable(file.name)} in ${printable(name)}`,
        bytes: bytes.length,
        digest,
        madeAt: digest.madeAt,
      };
    });
    const telling = read.filter(({ digest }) => digest.formats.length > 0 || digest.found.length > 0);
    if (telling.length === 0) notes.push(`${called} tells of no test (${plural(files.length, "file")} looked at)`);
    return telling;
  } catch (error) {
    notes.push(`${called} is refused: ${(error as Error).message}`);
    return [];
  }
}
