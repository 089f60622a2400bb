import { writeFileSync } from "node:fs";
import { userConfigSchema } from "../src/config.ts";
import { flowSchema } from "../src/policy/flow-file.ts";
import { manifestSchema } from "../src/policy/manifest.ts";
import { noticeSchema } from "../src/notify/notice.ts";
import { linesSchema } from "../src/cli/lines/all.ts";
import { resultSchema } from "../src/reports/result.ts";
import { openApi } from "../src/web/api/openapi.ts";

// Editors check claw.yaml and config.yaml against these, scripts the result of a run; they are committed, so that a change shows in review.
for (const [file, schema] of [
  ["claw.schema.json", manifestSchema()],
  ["config.schema.json", userConfigSchema()],
  ["flow.schema.json", flowSchema()],
  ["lines.schema.json", linesSchema()],
  ["notification.schema.json", noticeSchema()],
  ["openapi.json", openApi()],
  ["result.schema.json", resultSchema()],
] as const) {
  writeFileSync(new URL(`../schema/${file}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
