import { LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { UsageError } from "./errors.ts";
import { nearest } from "./text.ts";

type Path = readonly PropertyKey[];

/** Line of a value, or of the map that lacks it. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** Keys a schema knows at a path, read from the JSON Schema it publishes. */
function knownKeys(schema: unknown, path: Path): readonly string[] {
  let at = schema as { properties?: Record<string, unknown>; additionalProperties?: unknown };
  for (const key of path) at = (at?.properties?.[String(key)] ?? at?.additionalProperties ?? {}) as typeof at;
  return Object.keys(at?.properties ?? {});
}

/**
 * Reads YAML against a strict schema. A mistake is a UsageError that names file, line and key, and suggests the key
 * that was probably meant. `published` is the schema's JSON Schema, used for those suggestions.
 */
export function readStrictYaml<Schema extends z.ZodType>(
  text: string,
  { file, schema, published }: { readonly file: string; readonly schema: Schema; readonly published: () => unknown },
): z.infer<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken) {
    const line = lines.linePos(broken.pos[0]).line;
    throw new UsageError(`${file}:${line}: ${broken.message.split("\n", 1)[0]}`, "mend the YAML at that line");
  }
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;

  const issue = parsed.error.issues[0];
  if (!issue) throw new UsageError(`${file}: not valid`, "compare it with the schema");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(published(), issue.path);
    const meant = nearest(key, known);
    throw new UsageError(
      `${file}:${lineOf(document, lines, [...issue.path, key])}: unknown key "${[...issue.path, key].join(".")}"`,
      meant ? `did you mean "${meant}"?` : `known here: ${known.join(", ")}`,
    );
  }
  throw new UsageError(
    `${file}:${lineOf(document, lines, issue.path)}: ${issue.path.join(".") || "the file"}: ${issue.message}`,
    "change that value",
  );
}
