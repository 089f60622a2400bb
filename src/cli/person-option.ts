import { z } from "zod";
import { printableLine } from "../text.ts";

/** The value of --as: who a person says they are. It goes on record and into lists, where it must not look like more than a name. */
export const personOption = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .refine((name) => printableLine(name) === name, "must be one line, without characters that nobody sees")
  .optional();
