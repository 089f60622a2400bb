import { systemClock } from "../../clock.ts";
import type { App } from "../../app.ts";
import { printableLine } from "../../text.ts";
import { openPlainSession } from "../../tui/session/plain.ts";
import type { Choice, SessionScreen, SlashCommand } from "../../tui/session/screen.ts";
import type { CommandDesk } from "../command.ts";
import { age } from "../render-runs.ts";
import { listRuns } from "../run-list.ts";
import { hasColours } from "../style.ts";
import { slashCommands } from "./commands.ts";
import { openHistory } from "./history.ts";

interface Wanted {
  readonly plain: boolean;
  readonly inPlace: boolean;
  readonly model: string;
  readonly usdNano: number | null;
}

/** The screen that fits the terminal: drawn, or in plain lines. */
export async function openScreen(desk: CommandDesk, app: App, wanted: Wanted): Promise<SessionScreen> {
  const { config, secrets } = app;
  const history = await openHistory(config.home, secrets.scrub);
  const setting = {
    greeting: `claw works in a private copy of your files; yours change ${wanted.inPlace ? "after each turn, once you have agreed" : "only by /apply"}. /help tells more.`,
    commands: slashCommands.map((command) => ({ ...command, ...valuesAt(command.name, desk, app) })),
    files: () => filesAt(app, desk.cwd),
    history: history.past,
    remember: (text: string) => history.remember(text),
    model: wanted.model,
    usdNano: wanted.usdNano,
    colours: hasColours(config, desk.terminal.colour),
    // As from outside: the first one saves and stops, the second stops at once.
    stop: () => void process.kill(process.pid, "SIGINT"),
    // As a terminal would: all that belongs to the shell's job.
    suspend: () => void process.kill(0, "SIGTSTP"),
  };
  const plain = (): SessionScreen =>
    openPlainSession({
      ...setting,
      columns: desk.terminal.columns,
      write: (text) => void process.stdout.write(secrets.scrub(text)),
      line: desk.line,
    });
  if (wanted.plain || config.dumbTerminal) return plain();
  // From here on the terminal shows nothing by itself of what is typed: the first frame would not stand where it was drawn.
  process.stdin.setRawMode(true);
  // Without a build there is no drawn screen: Node reads TypeScript, but not its XML.
  const drawn = await import("../../tui/session/session.tsx").catch(() => null);
  if (!drawn) {
    process.stdin.setRawMode(false);
    return plain();
  }
  return drawn.openSession({ ...setting, stdin: process.stdin, stdout: process.stdout, clock: systemClock });
}

/** What a command may take that only this installation knows. */
function valuesAt(name: string, desk: CommandDesk, app: App): Pick<SlashCommand, "values"> {
  if (name === "resume") return { values: () => earlierSessions(app).catch(() => []) };
  if (name !== "model") return {};
  const models = async (): Promise<readonly Choice[]> => {
    const { valuesOf } = await import("../completion/values.ts");
    return (await valuesOf(desk, "model")).map(([text, about]) => ({ text, about }));
  };
  return { values: () => models().catch(() => []) };
}

/** Sessions that one can go on with, the newest first. */
export async function earlierSessions(app: App): Promise<readonly Choice[]> {
  const rows = await listRuns(await app.ledger(), { workflow: "chat", limit: 10, tell: () => {} });
  const now = systemClock.now();
  return rows.map(({ run, startedAt, title }) => ({
    text: run,
    about: `${age(now - startedAt).padStart(6)} ago  ${title}`,
  }));
}

/** Paths for completion: those that git knows, and new ones it does not ignore. */
async function filesAt({ config }: App, cwd: string): Promise<readonly string[]> {
  const [{ openRepository }, { filesOf }] = await Promise.all([
    import("../../repo/repository.ts"),
    import("../../repo/files-of.ts"),
  ]);
  const repository = await openRepository(cwd, { searchPath: config.path, home: config.userHome }).catch(() => null);
  const files = repository ? await filesOf(repository).catch(() => []) : [];
  // A name can hold what moves a terminal's cursor, or ends a line.
  return files.filter((path) => printableLine(path) === path);
}
