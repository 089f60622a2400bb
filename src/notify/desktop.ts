import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Channel, Sent } from "./notice.ts";
import { linesOf, titleOf } from "./words.ts";

/** What of the machine a desktop is reached by. */
export interface Desk {
  readonly platform: NodeJS.Platform;
  /** Where programs are looked for. */
  readonly path: string;
  /** Variables by name: those of a desktop's session, and of the terminal. */
  readonly variable: (name: string) => string | undefined;
  /** Writes to the terminal; undefined where there is none. */
  readonly terminal?: ((text: string) => void) | undefined;
}

const PATIENCE_MS = 3000;
const session = ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME"];

/** How this machine shows a notification: its desktop's program, else its terminal; null where it has neither. */
function desktopWay(desk: Desk): "notify-send" | "osascript" | "terminal" | null {
  const has = (program: string): boolean => desk.path.split(delimiter).some((dir) => existsSync(join(dir, program)));
  if (desk.platform === "darwin" && has("osascript")) return "osascript";
  const screen = desk.variable("DISPLAY") ?? desk.variable("WAYLAND_DISPLAY");
  if (screen !== undefined && has("notify-send")) return "notify-send";
  return desk.terminal ? "terminal" : null;
}

/** The desktop in front of which claw was started. */
export function desktop(desk: Desk): Channel {
  return {
    name: "desktop",
    target: "this desktop",
    async send(notice) {
      const way = desktopWay(desk);
      const [title, body] = [titleOf(notice), linesOf(notice).join("\n")];
      if (way === null) return { state: "failed", detail: "there is neither a desktop nor a terminal" };
      if (way !== "terminal") return start(desk, way, way === "osascript" ? script(title, body) : shown(title, body));
      desk.terminal?.(terminalNotice(title, linesOf(notice)[0] ?? "", desk.variable));
      return { state: "sent", detail: "by the terminal" };
    },
  };
}

/** Text is an argument, never a part of an option; notify-send reads &, < and > in a body as markup. */
const shown = (title: string, body: string): readonly string[] => [
  "--app-name=claw",
  "--",
  title,
  body.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
];

/** The texts are arguments of the script, not a part of it. */
const script = (title: string, body: string): readonly string[] => [
  "-e",
  "on run argv",
  "-e",
  "display notification (item 2 of argv) with title (item 1 of argv)",
  "-e",
  "end run",
  title,
  body,
];

const start = ({ path, variable }: Desk, program: string, args: readonly string[]): Promise<Sent> =>
  new Promise((resolve) => {
    const own = session.flatMap((name) => {
      const value = variable(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const env = { PATH: path, ...Object.fromEntries(own) };
    execFile(program, args, { env, timeout: PATIENCE_MS }, (error) => {
      const detail = error ? `${program} ended with ${String(error.code ?? error.signal)}` : `by ${program}`;
      resolve({ state: error ? (error.killed ? "unknown" : "failed") : "sent", detail });
    });
  });

/** Terminals that take the sequence of iTerm2; others take that of rxvt, or show nothing. */
const likeITerm = /^(?:iTerm\.app|WezTerm|ghostty|vscode)$/;

/**
 * A bell and a notification in the words of the terminal: OSC 9 (https://iterm2.com/documentation-escape-codes.html) or
 * OSC 777;notify, as rxvt, foot and VTE take it. tmux hands on what is wrapped for it, where it may.
 */
export function terminalNotice(title: string, body: string, variable: Desk["variable"]): string {
  const nine = likeITerm.test(variable("TERM_PROGRAM") ?? "") || (variable("TERM") ?? "").includes("kitty");
  const words = (text: string): string => text.replaceAll(";", ",");
  const sequence = nine ? `\u001b]9;${title}: ${body}\u0007` : `\u001b]777;notify;${words(title)};${words(body)}\u0007`;
  if (variable("TERM") === "dumb") return "\u0007";
  const wrapped = variable("TMUX") ? `\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\` : sequence;
  return `${wrapped}\u0007`;
}
