import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import type { Notice } from "../../notify/notice.ts";
import { printableLine } from "../../text.ts";
import { command } from "../command.ts";
import { hasColours, paintMark, styleFor } from "../style.ts";

const PATIENCE_MS = 5000;

const sample: Notice = {
  type: "notification",
  version: 1,
  run: "000000000000",
  workflow: "doctor",
  status: "ended",
  outcome: "done",
  exitCode: 0,
  title: "a test of notifications",
  reason: "if you can read this, claw can reach you here",
  hint: "",
  repository: "",
  branch: null,
  pullRequest: null,
  usd: 0,
  report: null,
};

export const notify = command({
  options: [["--json", "print one JSON object"]],
  more: `Sends a test notification through every channel that notify: in config.yaml names (desktop, webhook, slack, discord), or
through this desktop where it names none, and says which arrived. Nothing is recorded.

  notify:
    always: true                  # without it: runs with --notify
    on: [ended, waiting]
    desktop: true
    slack: { url: { env: SLACK_HOOK } }
    discord: { url: { file: ~/.config/claw/discord-hook } }
    webhook: { url: { env: HOOK }, secret: { env: HOOK_SECRET } }

Examples:
  claw doctor notify
  claw doctor notify --json

Exit codes: 0 all were sent; 24 at least one was not`,
  working: "sending",
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, { app, out, terminal }) {
    const opened = await app();
    const channels = await opened.channels();
    const sent = await Promise.all(
      channels.map(async (channel) => ({
        channel: channel.name,
        ...(await channel.send(sample, AbortSignal.timeout(PATIENCE_MS))),
      })),
    );
    const worst = sent.every(({ state }) => state === "sent") ? 0 : exitCodes.infrastructure;
    if (json) out(JSON.stringify({ type: "notify", version: 1, ok: worst === 0, channels: sent }));
    else {
      const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
      const marks = { sent: "✓", failed: "✗", unknown: "!" } as const;
      for (const { channel, state, detail } of sent)
        out(`${paintMark(style, marks[state])} ${channel.padEnd(8)} ${printableLine(detail)}`);
    }
    return worst;
  },
});
