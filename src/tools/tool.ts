import { z } from "zod";
import type { ToolSpec } from "../models/model.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** What a tool works with. Everything it touches is inside the sandbox. */
export interface ToolDesk {
  readonly sandbox: Sandbox;
  readonly signal: AbortSignal;
  /** Number of the call within its session, for naming files that hold long outputs. */
  readonly number: number;
  /** A crash came between this call and its result: it may have been done already. */
  readonly repeated: boolean;
  /** The session's last change of a file found nothing to change. */
  readonly missed?: boolean;
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
  /** Asks claw to check the work. Only `finish` uses it. */
  readonly finish: (request: FinishRequest) => Promise<FinishAnswer>;
}

export interface FinishRequest {
  readonly outcome: "done" | "blocked";
  readonly summary: string;
  readonly testCommands: readonly string[];
}

/** An engine never decides that it is done: claw does, and says what is missing. */
export type FinishAnswer =
  | { readonly accepted: true; readonly detail: string }
  | { readonly accepted: false; readonly message: string };

/** What the model reads, and what only the record keeps. */
export interface ToolResult {
  readonly ok: boolean;
  readonly text: string;
  readonly full?: string;
  readonly exitCode?: number;
  /** Set by `finish` when claw did not accept: why, in one line for people. */
  readonly why?: string;
  /** Set by `finish` when claw accepted. */
  readonly finished?: string;
}

export interface Tool {
  readonly spec: ToolSpec;
  readonly effect: "read" | "write" | "execute" | "stop";
  /** One line for people: what this call is about to do. */
  summary(args: Readonly<Record<string, unknown>>): string;
  /** Takes what the model sent, unchecked; the schema is applied inside. */
  call(args: Readonly<Record<string, unknown>>, desk: ToolDesk): Promise<ToolResult>;
}

/** A tool from its parts. What the model can mend comes back as a result; only an abort or a broken machine throws. */
export function tool<Input extends z.ZodObject>(definition: {
  readonly name: string;
  readonly about: string;
  readonly effect: Tool["effect"];
  readonly input: Input;
  /** Lark; for a tool whose only argument is free text. */
  readonly grammar?: string;
  summary(input: z.infer<Input>): string;
  run(input: z.infer<Input>, desk: ToolDesk): Promise<ToolResult>;
}): Tool {
  const { $schema: _, ...schema } = z.toJSONSchema(definition.input, { override: withoutBounds });
  return {
    spec: {
      name: definition.name,
      about: definition.about,
      schema,
      ...(definition.grammar !== undefined && { grammar: definition.grammar }),
    },
    effect: definition.effect,
    summary(args) {
      const parsed = definition.input.safeParse(args);
      return parsed.success ? definition.summary(parsed.data) : definition.name;
    },
    async call(args, desk) {
      const parsed = definition.input.safeParse(args);
      if (parsed.success) return definition.run(parsed.data, desk);
      const [issue] = parsed.error.issues;
      return {
        ok: false,
        text: `not run: ${issue?.path.join(".") || "arguments"}: ${issue?.message ?? "do not fit the schema"}`,
      };
    },
  };
}

/** Strict function calling knows no bounds; zod still checks them, and the answer names the one that was broken. */
function withoutBounds({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  for (const bound of ["minLength", "minimum", "maximum"] as const) delete jsonSchema[bound];
}
