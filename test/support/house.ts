import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { connectModel } from "../../src/models/connect.ts";
import { noBudgets } from "../../src/policy/budgets.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { SandboxHost } from "../../src/sandbox/sandbox.ts";
import type { House } from "../../src/workflows/start.ts";
import { borrowProof } from "./proven-sandbox.ts";

/** A house with a real sandbox and a model of recorded words, whose files lie in `home`. */
export function houseAt(home: string, ledger: Ledger, host: Partial<SandboxHost> = {}): House {
  const path = process.env["PATH"] ?? "";
  const stateDir = join(home, "sandbox");
  if (host.stateDir === undefined) borrowProof(stateDir);
  return {
    version: "0.0.0",
    home,
    path,
    userHome: "/nonexistent",
    initiator: "ada",
    waitMs: 1000,
    clock: systemClock,
    ledger,
    budgets: noBudgets,
    policies: { directories: [join(home, "sandboxes")], variable: (name) => process.env[name] },
    authority: { publish: false, perDay: 0, maxOpen: 0, labels: [], acceptance: 0 },
    forge: () => Promise.reject(new Error("no forge is asked")),
    connect: (choice) => connectModel({ wire: "scripted", file: choice ?? "" }, systemClock),
    openSandbox: (policy) => openSandbox(policy, { path, home: "/nonexistent", stateDir, ...host }),
  };
}
