import { answer } from "../audit/answer.ts";
import { egress } from "../audit/egress.ts";
import { exportRun } from "../audit/export.ts";
import { verify } from "../audit/verify.ts";
import { family } from "../command.ts";

export const audit = family([
  ["verify", "Check that nothing in the ledger was changed, cut or deleted", verify],
  ["answer", "Answer an auditor's questions about a run, a commit or a branch", answer],
  ["export", "Write a run as one file that can be checked anywhere", exportRun],
  ["egress", "List every host that a run's commands reached or wanted to reach", egress],
]);
