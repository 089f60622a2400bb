import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { openApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { type Typed, type as typed } from "./cli-desk.ts";

/** Shells that have a `claw`, whose commands this process carries out with the parts of the whole program. */
export interface AnsweringClaw {
  /** Runs a line as a shell does that reads it in `cwd`, to its end. */
  sh(line: string, cwd: string, env?: Readonly<Record<string, string>>): Promise<Typed>;
  /** What was asked of `claw` so far. */
  readonly asked: readonly (readonly string[])[];
  close(): Promise<void>;
}

/**
 * Where it is, its words and its environment go to the process that answers, each ended by NUL, an empty one last; what it
 * says lies in files by the time it gives the exit code.
 */
const shim = (port: number): string => `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
{ printf '%s\\0' "$PWD" "$#" "$@"; env -0; printf '\\0'; } >&3
read -r code dir <&3
cat "$dir/out"
cat "$dir/err" >&2
exit "$code"
`;

interface Asked {
  readonly cwd: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What the shim said, once it has said all of it. */
function askedIn(heard: string): Asked | null {
  const [cwd = "", count = "", ...rest] = heard.split("\0").slice(0, -1);
  const variables = rest.slice(Number(count));
  if (count === "" || variables.at(-1) !== "") return null;
  const environment = Object.fromEntries(
    variables.slice(0, -1).map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );
  return { cwd, words: rest.slice(0, Number(count)), environment };
}

/**
 * A `claw` on the PATH of shells, in nobody's environment but `env`. Starting the built program for each line would take a
 * second of processor time for it; here only the shells are processes of their own.
 */
export async function answeringClaw(dir: string, env: Readonly<Record<string, string>>): Promise<AnsweringClaw> {
  const bin = join(dir, "bin");
  mkdirSync(bin, { recursive: true });
  const asked: (readonly string[])[] = [];
  const progress = { note: () => {}, signal: new AbortController().signal };
  const carryOut = async ({ cwd, words, environment }: Asked): Promise<Typed> => {
    asked.push(words);
    const at = words.indexOf("--store");
    const app = openApp("0.0.0", progress, at === -1 ? undefined : words[at + 1], loadConfig(environment));
    try {
      return await typed(words, { cwd, app });
    } finally {
      await app.close();
    }
  };
  const answer = async (socket: Socket): Promise<void> => {
    let heard = "";
    for await (const chunk of socket) {
      heard += (chunk as Buffer).toString();
      const whole = askedIn(heard);
      if (!whole) continue;
      const { code, out, err } = await carryOut(whole).catch((error: unknown): Typed => ({
        code: 1,
        out: "",
        err: error instanceof Error ? (error.stack ?? "") : "",
      }));
      const said = mkdtempSync(join(dir, "said-"));
      writeFileSync(join(said, "out"), out);
      writeFileSync(join(said, "err"), err);
      socket.end(`${code} ${said}\n`);
      return;
    }
  };
  const server = createServer((socket) => void answer(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  writeFileSync(join(bin, "claw"), shim((server.address() as AddressInfo).port));
  chmodSync(join(bin, "claw"), 0o755);
  return {
    asked,
    sh: (line, cwd, more = {}) =>
      new Promise((resolve) => {
        const options = { cwd, env: { ...env, ...more, PATH: `${bin}:${env["PATH"]}` } };
        const shell = execFile("bash", ["-o", "pipefail", "-c", line], options, (error, out, err) =>
          resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, out, err }),
        );
        shell.stdin?.end();
      }),
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
