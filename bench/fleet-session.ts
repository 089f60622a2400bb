import type { Agent } from "../src/agent/agent.ts";
import { drive } from "../src/agent/loop.ts";
import { systemClock } from "../src/clock.ts";
import type { RunLog } from "../src/ledger/ledger.ts";
import type { ConnectedModel } from "../src/models/model.ts";
import { roles } from "../src/policy/roles.ts";
import { bash } from "../src/tools/bash.ts";
import { edit } from "../src/tools/edit.ts";
import { finish } from "../src/tools/finish.ts";
import type { Tool, ToolResult } from "../src/tools/tool.ts";

const inert = (tool: Tool, answer: (args: Record<string, string>) => ToolResult): Tool => ({
  ...tool,
  call: (args) => Promise.resolve(answer(args as Record<string, string>)),
});

/** Tools that start nothing, so that what is measured is claw: a command is "<bytes> <text>" and prints so much. */
const tools: readonly Tool[] = [
  inert(bash, ({ command = "" }) => {
    const [bytes = "0", text = ""] = command.split(" ");
    return {
      ok: true,
      exitCode: 0,
      text: `[exit 0, 1 ms]\n${`${text} `.repeat(Math.ceil(Number(bytes) / (text.length + 1)))}`,
    };
  }),
  inert(edit, ({ path = "", new_string: text = "" }) => ({ ok: true, text: `edited ${path}: ${text}` })),
  finish,
];

const nothing = (): Promise<never> => Promise.reject(new Error("nothing is run here"));

/** Holds one whole session with a model, in a run of its own. */
export async function holdSession(log: RunLog, model: ConnectedModel): Promise<void> {
  const agent: Agent = {
    log,
    clock: systemClock,
    model,
    role: roles.patch,
    tools,
    limits: { usdNano: null, turns: 10_000, tokens: 1e12, wallMs: 3_600_000, attempts: 3 },
    deadline: Number.MAX_SAFE_INTEGER,
    sandbox: {
      exec: nothing,
      collect: nothing,
      handOver: nothing,
      close: () => Promise.resolve(),
      backend: "none",
      policyHash: "",
      degraded: [],
    } as Agent["sandbox"],
    finish: async ({ outcome, summary }) => ({ accepted: true, detail: `${outcome}: ${summary}` }),
  };
  const opening = {
    kind: "patch",
    prompt: "0".repeat(64),
    system: "You mend code. ".repeat(40),
    task: "Mend it. ".repeat(100),
  };
  const ended = await drive("patch", opening, agent, new AbortController().signal);
  if (ended.reason !== "finished") throw new Error(`a session ended otherwise: ${ended.reason}: ${ended.detail}`);
}
