/** The parts of a JSON Schema that a template is made of. */
export interface SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** What is filled in, and why: any other key is there as a comment. */
export interface Filled {
  readonly value: string | number | boolean | { readonly [key: string]: Filled["value"] };
  readonly why: string;
}

const WIDTH = 72;

/**
 * YAML with every key of a schema, each below its description: those of `filled` (by paths such as "test.command") with
 * their values, the others as comments with their defaults.
 */
export function template(schema: SchemaNode, filled: Readonly<Record<string, Filled>>): string {
  return `${keys(schema, { filled, path: "", unused: false }).join("\n").trim()}\n`;
}

interface Place {
  readonly filled: Readonly<Record<string, Filled>>;
  /** Of the keys, with a dot at its end. */
  readonly path: string;
  /** All of it is a comment already: keys with a default stand there as they would be written. */
  readonly unused: boolean;
}

const keys = (schema: SchemaNode, place: Place): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, node]) => {
    const lines = entry(key, node, place);
    return place.path === "" ? ["", ...lines] : lines;
  });

function entry(key: string, node: SchemaNode, { filled, path, unused }: Place): string[] {
  const own = filled[path + key];
  const about = comment([node.description, own?.why].filter((words) => words !== undefined).join(" "));
  if (own) return [...about, ...assigned(key, own.value)];
  if (!node.properties) {
    const line = `${key}: ${JSON.stringify(node.default) ?? "…"}`;
    return [...about, unused && node.default !== undefined ? line : `# ${line}`];
  }
  const inner = `${path}${key}.`;
  if (Object.keys(filled).some((name) => name.startsWith(inner)))
    return [...about, `${key}:`, ...indented(keys(node, { filled, path: inner, unused }))];
  const block = [`${key}:`, ...indented(keys(node, { filled, path: inner, unused: true }))];
  return [...about, ...(unused ? block : block.map((line) => `# ${line}`))];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const assigned = (key: string, value: Filled["value"]): string[] =>
  typeof value === "object"
    ? [`${key}:`, ...indented(Object.entries(value).flatMap(([name, inner]) => assigned(name, inner)))]
    : [`${key}: ${JSON.stringify(value)}`];

/** Words as comment lines of bearable width. */
function comment(words: string): string[] {
  const lines: string[] = [];
  for (const word of words.split(" ").filter((one) => one !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}
