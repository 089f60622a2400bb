import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Agent } from "../../src/agent/agent.ts";
import type { Clock } from "../../src/clock.ts";
import type { Call, Message } from "../../src/ledger/message.ts";
import { type Ledger, openLedger, type RunLog } from "../../src/ledger/ledger.ts";
import { ModelError, type ModelErrorKind } from "../../src/models/model-error.ts";
import type { ConnectedModel, ModelRequest } from "../../src/models/model.ts";
import { roles } from "../../src/policy/roles.ts";
import type { Sandbox, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { offeredTools } from "../../src/tools/offered.ts";
import type { Tool, ToolDesk, ToolResult } from "../../src/tools/tool.ts";
import { workbench } from "../sandbox/workbench.ts";
import { tickingClock } from "./recorded-fix.ts";

/** A call as a model words it; `null` arguments stand for ones that nobody could read. */
export type Wish = readonly [tool: string, args: Readonly<Record<string, unknown>> | null];
/** What a model says: words, calls, or a failure on the wire. */
export type Line = string | readonly Wish[] | ModelError;

const price = 1_000_000;

export const sh = (command: string): Wish => ["bash", { command, timeout_s: null }];
export const look = (path: string): Wish => ["read", { path, start: null, end: null }];
export const change = (path: string, before: string, after: string): Wish => [
  "edit",
  { path, old_string: before, new_string: after, replace_all: null },
];
export const done = (outcome: "done" | "blocked" = "done"): Wish => [
  "finish",
  { outcome, summary: "It was the loop.", test_commands: [] },
];

export function failure(
  kind: ModelErrorKind,
  { billable = false, afterMs }: { billable?: boolean; afterMs?: number } = {},
): ModelError {
  const where = { name: "test", baseUrl: "http://127.0.0.1", model: "m" };
  const error = new ModelError(kind, `it failed: ${kind}`, { where, afterMs });
  if (billable) error.usage = usage;
  return error;
}

const usage = {
  inputUncached: 100,
  inputCacheRead: 0,
  inputCacheWrite: 0,
  outputVisible: 10,
  outputReasoning: 0,
  source: "provider" as const,
};

/**
 * A model that says its lines in order: the next one is the one after the replies that the request holds already, so
 * it goes on where it was, also after a restart. A failure is said once. Each reply costs a million nano-dollars.
 */
export function scripted(lines: readonly Line[]): ConnectedModel & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  const said = new Set<ModelError>();
  return {
    requests,
    info: { endpoint: "test", model: "m", wire: "scripted", selfHosted: false, label: "test/m", maxOutputTokens: 100 },
    price: () => price,
    ceiling: () => 2 * price,
    async ask(request, signal) {
      signal.throwIfAborted();
      requests.push(request);
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      let replies = 0;
      for (const line of lines) {
        if (!(line instanceof ModelError)) {
          if (replies++ < turn) continue;
          return { ...reply(line, turn), servedModel: "m", servedTier: null, requestId: null, firstByteMs: 1, ms: 2 };
        }
        if (replies === turn && !said.has(line)) {
          said.add(line);
          throw line;
        }
      }
      throw failure("script_exhausted");
    },
  };
}

function reply(line: string | readonly Wish[], turn: number) {
  const wishes = typeof line === "string" ? [] : line;
  const calls = wishes.map(([name, args], index): Call => {
    const call = { id: `c${turn}-${index}`, name, args, repairs: [] };
    return args === null ? { ...call, error: "the arguments are cut off" } : call;
  });
  const message = { role: "assistant" as const, text: typeof line === "string" ? line : "", calls };
  return { message, stop: calls.length > 0 ? ("calls" as const) : ("end" as const), usage };
}

/** A whole agent with nothing faked but the model's words: a real sandbox around real files, a real ledger. */
export interface Desk {
  readonly workspace: string;
  readonly sandbox: Sandbox;
  readonly ledger: Ledger;
  readonly log: RunLog;
  /** A file of the workspace, as it is on the host. */
  file(path: string): string;
  /** One call of a tool, as the door makes it. */
  use(tool: Tool, args: Readonly<Record<string, unknown>>, changes?: Partial<ToolDesk>): Promise<ToolResult>;
  agent(model: ConnectedModel, changes?: Partial<Agent>): Agent;
  /** The session's transcript, as the ledger has it. */
  transcript(): Promise<Message[]>;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A sandbox and the files in it. */
type Room = Pick<Desk, "workspace" | "sandbox">;

/** What a desk differs in from others: what its commands may, or whose room it stands in after that one, files and all. */
type Place = ((workspace: string) => Partial<SandboxPolicy>) | Room;

/** Opens desks for the tests of one file; what they opened is closed after the last of them. */
export function desks(): (files?: Files, place?: Place) => Promise<Desk> {
  const bench = workbench();
  return async (files = {}, place = () => ({})) => {
    const room = typeof place === "function" ? null : place;
    const workspace = room?.workspace ?? bench.workspace();
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), content);
    }
    const policy = typeof place === "function" ? place(workspace) : {};
    const sandbox = room?.sandbox ?? (await bench.open({ workspace, ...policy }));
    const clock = tickingClock();
    const ledger = openLedger({ store: await openSqlite(":memory:"), clock, scrub: (text) => text });
    const log = await ledger.open("run1");
    return { workspace, sandbox, ledger, log, ...handsOf({ workspace, sandbox, ledger, log, clock }) };
  };
}

interface Parts extends Pick<Desk, "workspace" | "sandbox" | "ledger" | "log"> {
  readonly clock: Clock;
}

function handsOf({
  workspace,
  sandbox,
  ledger,
  log,
  clock,
}: Parts): Pick<Desk, "file" | "use" | "agent" | "transcript"> {
  const finish: Agent["finish"] = async ({ outcome, summary }) => ({
    accepted: true,
    detail: `${outcome}: ${summary}`,
  });
  return {
    file: (path) => readFileSync(join(workspace, path), "utf8"),
    use: (tool, args, changes = {}) =>
      tool.call(args, {
        sandbox,
        signal: new AbortController().signal,
        number: 1,
        repeated: false,
        finish,
        ...changes,
      }),
    agent: (model, changes = {}) => ({
      log,
      clock,
      model,
      role: roles.patch,
      tools: offeredTools(roles.patch, {}),
      limits: { usdNano: 1e9, turns: 100, tokens: 1_000_000, wallMs: 60_000, attempts: 3 },
      deadline: Number.MAX_SAFE_INTEGER,
      sandbox,
      finish,
      ...changes,
    }),
    async transcript() {
      const { events } = await ledger.read("run1");
      const shas = events.flatMap((event) => ("message" in event ? [event.message] : []));
      return Promise.all(shas.map(async (sha) => JSON.parse(await ledger.text(sha)) as Message));
    },
  };
}
