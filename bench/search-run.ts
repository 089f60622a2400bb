import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { environment, prepare, program } from "./desk.ts";
import { finish, type Finished } from "./process.ts";

/** What the search engine did in one run. Times in milliseconds. */
export interface Search {
  /** Place of the first candidate that passed, in the order of trying; null when none did. */
  readonly rank: number | null;
  readonly tried: number;
  readonly searchMs: number;
  readonly cpuMs: number;
}

/** `claw fix --engine search` in a folder, which becomes a repository if it is none. */
export async function searchRun(
  { home, dir, limitMs }: { readonly home: string; readonly dir: string; readonly limitMs?: number },
  flags: readonly string[],
): Promise<Search & { readonly ran: Finished }> {
  if (!existsSync(join(dir, ".git"))) commit(dir);
  const env = environment(home);
  const ran = await finish(
    process.execPath,
    [program, "fix", "Its tests fail.", "--engine", "search", "--json", ...flags],
    {
      cwd: dir,
      env: { ...env, PATH: `${dirname(process.execPath)}:${env["PATH"]}` },
      ...(limitMs !== undefined && { limitMs }),
    },
  );
  return { ...readEvents(ran.stdout), ran };
}

function commit(dir: string): void {
  const git = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"];
  prepare("git", ["init", "-q", "-b", "main"], dir);
  prepare("git", ["add", "."], dir);
  prepare("git", [...git, "commit", "-q", "-m", "start"], dir);
}

const Line = z.object({
  event: z
    .looseObject({
      type: z.string(),
      rank: z.number().optional(),
      tried: z.number().optional(),
      cpuMs: z.number().optional(),
      ms: z.number().optional(),
    })
    .optional(),
});

function readEvents(stdout: string): Search {
  const events = stdout
    .trim()
    .split("\n")
    .flatMap((line) => Line.safeParse(JSON.parse(line || "{}")).data?.event ?? []);
  const waves = events.filter(({ type }) => type === "search.tried");
  const sum = (name: "tried" | "cpuMs" | "ms"): number => waves.reduce((total, wave) => total + (wave[name] ?? 0), 0);
  const found = events.findLast(({ type }) => type === "search.found");
  return { rank: found?.rank ?? null, tried: sum("tried"), cpuMs: sum("cpuMs"), searchMs: sum("ms") };
}
