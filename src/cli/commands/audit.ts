import { answer } from "../audit/answer.ts";
import { backup } from "../audit/backup.ts";
import { compact } from "../audit/compact.ts";
import { egress } from "../audit/egress.ts";
import { exportRun } from "../audit/export.ts";
import { importRun } from "../audit/import.ts";
import { redact } from "../audit/redact.ts";
import { size } from "../audit/size.ts";
import { verify } from "../audit/verify.ts";
import { family } from "../command.ts";

export const audit = family([
  ["verify", "Check that nothing in the ledger was changed, cut or deleted", verify],
  ["answer", "Answer an auditor's questions about a run, a commit or a branch", answer],
  ["export", "Write a run as one file that can be checked anywhere", exportRun],
  ["import", "Take a run into this ledger that was exported elsewhere", importRun],
  ["egress", "List every host that a run's commands reached or wanted to reach", egress],
  ["redact", "Take a recorded text out for good, with who and why on record", redact],
  ["size", "Count what the ledger holds and takes up", size],
  ["backup", "Copy the ledger into a new file, while runs go on", backup],
  ["compact", "Give space back, and take old texts out when asked", compact],
]);
