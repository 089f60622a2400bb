import { existsSync } from "node:fs";
import { chmod, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { freeBytes } from "../../sandbox/disk.ts";
import { byteSize, plural } from "../../text.ts";
import { stopNote } from "../../workflows/stop.ts";
import type { CommandDesk } from "../command.ts";
import { type Check, type Finding, findingOf, ok, problem, warning } from "./finding.ts";

/** Below the first no command of a session is run (its limits keep so much free); below the second a large repository may not fit. */
const LEAST_SPACE = 512 * 1024 * 1024;
const AMPLE_SPACE = 4 * LEAST_SPACE;

/** Where claw keeps its own: room, who may read it, the ledger, and runs that somebody should see to. */
export const home: Check = async (desk) => {
  const { config } = await desk.app();
  return [await room(config.home), ...(await secrecy(config.home)), ...stopped(config.home), ...(await ledger(desk))];
};

async function room(directory: string): Promise<Finding> {
  const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)));
  const free = await freeBytes(nearest(directory));
  const says = `${byteSize(free)} free for ${directory}`;
  const remedy =
    "make room there, or set CLAW_HOME to a directory with more: claw audit size says what the ledger holds";
  if (free < LEAST_SPACE) return problem("disk", says, remedy, "infrastructure");
  return free < AMPLE_SPACE ? warning("disk", says, remedy) : ok("disk", says);
}

async function secrecy(directory: string): Promise<readonly Finding[]> {
  const mode = (await stat(directory).catch(() => null))?.mode ?? 0;
  if ((mode & 0o077) === 0) return [];
  const open = warning("home", `others on this machine can read ${directory}`, `chmod 700 ${directory}`);
  return [{ ...open, mend: () => chmod(directory, 0o700).then(() => `only you can read ${directory} now`) }];
}

function stopped(directory: string): readonly Finding[] {
  const note = stopNote(directory);
  if (note === null) return [];
  const says = `everything is stopped${note === "" ? "" : `: ${note}`}`;
  return [problem("stop", says, "allow work again with: claw stop --clear", "blocked")];
}

async function ledger({ app }: CommandDesk): Promise<readonly Finding[]> {
  const parts = await app();
  const file = await stat(join(parts.config.home, "ledger.sqlite")).catch(() => null);
  if (file === null && !parts.inDatabase) return [ok("ledger", "none yet: the first run makes it")];
  try {
    const opened = await parts.ledger();
    const left = await opened.abandoned();
    const some = `${left.slice(0, 3).join(", ")}${left.length > 3 ? " …" : ""}`;
    const what = parts.inDatabase ? opened.place.shown : byteSize(file?.size ?? 0);
    return [
      ok("ledger", `${what}, opens; that nobody changed it says: claw audit verify`),
      ...(opened.place.inClear
        ? [
            warning(
              "ledger",
              "the way to it is not encrypted",
              "add ?sslmode=verify-full to its address: claw help store",
            ),
          ]
        : []),
      ...(left.length > 0
        ? [warning("runs", `${plural(left.length, "run")} ended in the middle: ${some}`, "continue: claw resume <run>")]
        : []),
    ];
  } catch (error) {
    return [findingOf("ledger", error)];
  }
}
