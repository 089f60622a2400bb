import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemClock } from "../../src/clock.ts";
import { projectRoot } from "./claw.ts";

const run = promisify(execFile);

/** A real terminal of a given size in which the built binary runs; it is typed into, and its screen is read as text. */
export interface Terminal {
  /** Types words as they are, or presses keys by tmux's names: "Enter", "Escape", "C-c". */
  type(words: string): Promise<void>;
  press(...keys: readonly string[]): Promise<void>;
  /** As a terminal pastes. */
  paste(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** The lines that are seen, without blanks at their ends. */
  screen(): Promise<string>;
  /** Everything since the program began. */
  all(): Promise<string>;
  /** The screen once it shows this. Fails with what it shows instead. */
  until(words: string | RegExp): Promise<string>;
  close(): Promise<void>;
}

/** The longest wait for words: a loaded machine is slow, a hang is not mended by waiting. */
const LONGEST_MS = 30_000;
const LOOK_MS = 40;

/** Starts `claw` with these words in a terminal of its own. */
export async function openTerminal(
  args: readonly string[],
  { cwd, env, columns = 80, rows = 24 }: { cwd: string; env: NodeJS.ProcessEnv; columns?: number; rows?: number },
): Promise<Terminal> {
  const socket = `claw-test-${process.pid}-${systemClock.newId()}`;
  const own = { ...env, TERM: env["TERM"] ?? "xterm-256color" };
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await run("tmux", ["-L", socket, "-f", "/dev/null", ...words], { env: own, cwd })).stdout;
  const bare = (text: string): string => text.replace(/[ \t]+$/gm, "").replace(/\n+$/, "\n");
  const quoted = [process.execPath, `${projectRoot}bin/claw.js`, ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  );
  const shell = `${quoted.join(" ")}; echo "exit $?"; exec sleep 600`;
  await tmux(
    "new-session",
    "-d",
    "-x",
    String(columns),
    "-y",
    String(rows),
    `env TERM=${own.TERM} ${shell.replace(/^/, "")}`,
  );
  const screen = async (): Promise<string> => bare(await tmux("capture-pane", "-p"));
  return {
    type: async (words) => void (await tmux("send-keys", "-l", words)),
    press: async (...keys) => void (await tmux("send-keys", ...keys)),
    async paste(text) {
      await tmux("set-buffer", text);
      await tmux("paste-buffer", "-p");
    },
    resize: async (x, y) => void (await tmux("resize-window", "-x", String(x), "-y", String(y))),
    screen,
    all: async () => bare(await tmux("capture-pane", "-p", "-S", "-")),
    async until(words) {
      const deadline = systemClock.now() + LONGEST_MS;
      for (;;) {
        const shown = await screen();
        if (typeof words === "string" ? shown.includes(words) : words.test(shown)) return shown;
        if (systemClock.now() > deadline) throw new Error(`no ${String(words)} on the screen:\n${shown}`);
        await systemClock.sleep(LOOK_MS);
      }
    },
    close: async () => void (await tmux("kill-server").catch(() => {})),
  };
}
