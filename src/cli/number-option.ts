import { z } from "zod";

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** The value of an option that must be a number; absent stays absent. */
export const numberOption = ({ min, max, whole = false }: NumberRange) =>
  z
    .string()
    .transform((text, context) => {
      const number = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
      if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
      const kind = whole ? "a whole number" : "a number";
      context.issues.push({
        code: "custom",
        input: text,
        message: `must be ${kind} from ${min} to ${max}, not ${JSON.stringify(text)}`,
      });
      return z.NEVER;
    })
    .optional();
