import { command, family } from "../command.ts";
import { canaryCommand } from "../models/canary.ts";
import { liftCommand } from "../models/lift.ts";
import { list } from "../models/list.ts";
import { probeCommand } from "../models/probe.ts";
import { serveCheckCommand } from "../models/serve-check.ts";

export const models = family([
  ["list", "List configured endpoints and the models known there; sends nothing", list],
  ["probe", "Try a model server out: connection, tool calls, context, speed, price", command(probeCommand)],
  [
    "serve-check",
    "Look at how a server is set up, and say which of its settings to change",
    command(serveCheckCommand),
  ],
  [
    "canary",
    "Ask a model twenty questions whose answers are known, and compare with the first time",
    command(canaryCommand),
  ],
  ["lift", "Take a model out of quarantine", command(liftCommand)],
]);
