import type { Measurement } from "../desk.ts";
import { adapters } from "./adapters.ts";
import { audit } from "./audit.ts";
import { durability } from "./durability.ts";
import { durable } from "./durable.ts";
import { fleet } from "./fleet.ts";
import { firstRequest } from "./first-request.ts";
import { liveView } from "./live-view.ts";
import { ledger } from "./ledger.ts";
import { memory } from "./memory.ts";
import { money } from "./money.ts";
import { prompt } from "./prompt.ts";
import { queue } from "./queue.ts";
import { sandbox } from "./sandbox.ts";
import { search } from "./search.ts";
import { sessions } from "./session.ts";
import { startUp } from "./start-up.ts";
import { storage } from "./storage.ts";
import { stuck } from "./stuck.ts";
import { triage } from "./triage.ts";
import { triageLive } from "./triage-live.ts";
import { turns } from "./turns.ts";
import { views } from "./views.ts";

/** In the order of the report. */
export const measurements: readonly Measurement[] = [
  startUp,
  liveView,
  firstRequest,
  turns,
  adapters,
  memory,
  sessions,
  prompt,
  ledger,
  durability,
  durable,
  queue,
  views,
  storage,
  audit,
  money,
  sandbox,
  search,
  stuck,
  fleet,
  triage,
  triageLive,
];
