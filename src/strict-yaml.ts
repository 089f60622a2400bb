import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { UsageError } from "./errors.ts";
import { nearest } from "./text.ts";

type Path = readonly PropertyKey[];

/** Line of the key or list item that a path leads to, or of the last one on the way that exists. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : null;
    const place: unknown = pair ? pair.key : isSeq(node) ? node.items[Number(key)] : null;
    if (!isNode(place) || !place.range) break;
    line = lines.linePos(place.range[0]).line;
    node = pair ? pair.value : place;
  }
  return line;
}

/** The same in a text that is known to be YAML; 1 where nothing of the path is there. */
export function lineOfKey(text: string, path: Path): number {
  const lines = new LineCounter();
  return lineOf(parseDocument(text, { lineCounter: lines }), lines, path);
}

interface SchemaNode {
  readonly properties?: Record<string, unknown>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly anyOf?: readonly unknown[];
}

/** A schema, or that of its alternatives which has keys, or items. */
function shapeIn(schema: unknown, has: "properties" | "items"): SchemaNode {
  const node = (schema ?? {}) as SchemaNode;
  const other = node.anyOf?.find((one) => typeof one === "object" && one !== null && has in one);
  return (other as SchemaNode | undefined) ?? node;
}

/** Keys a schema knows at a path, read from the JSON Schema it publishes. */
function knownKeys(schema: unknown, path: Path): readonly string[] {
  let at = schema;
  for (const key of path) {
    const { properties, additionalProperties, items } = shapeIn(at, typeof key === "number" ? "items" : "properties");
    at = properties?.[String(key)] ?? additionalProperties ?? items;
  }
  return Object.keys(shapeIn(at, "properties").properties ?? {});
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
    throw new UsageError(
      `${file}:${line}: ${broken.message.replace(/ at line \d+[^]*$/, "")}`,
      "mend the YAML at that line",
    );
  }
  const parsed = schema.safeParse(valueOf(document, file));
  if (parsed.success) return parsed.data;

  const first = parsed.error.issues[0];
  const issue = first && meantIssue(first);
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
    hintFor(issue),
  );
}

/** Where a value may have several shapes: the mistake within the one that it has, if there is exactly one such. */
function meantIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const within = issue.errors.flatMap(([first]) =>
    first && (first.path.length > 0 || first.code === "unrecognized_keys") ? [first] : [],
  );
  const [meant, other] = within;
  return meant && !other ? meantIssue({ ...meant, path: [...issue.path, ...meant.path] }) : issue;
}

function hintFor({ path, message }: z.core.$ZodIssue): string {
  if (path.length === 0) return "write settings into it, one `name: value` a line";
  return message.endsWith("received null") ? "give it a value, or take the line out" : "change that value";
}

function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`, "mend the aliases (*name) in it", error);
  }
}
