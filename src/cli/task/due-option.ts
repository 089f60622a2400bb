import { z } from "zod";

/** A day or a moment to come, in milliseconds since the epoch; absent stays absent. */
export const dueOption = z
  .string()
  .transform((text, context) => {
    const at = Date.parse(text);
    if (Number.isFinite(at) && /^\d{4}-\d\d-\d\d/.test(text.trim())) return at;
    const message = `must be a day or a time like 2026-12-24T18:00Z, not ${JSON.stringify(text)}`;
    context.issues.push({ code: "custom", input: text, message });
    return z.NEVER;
  })
  .optional();
