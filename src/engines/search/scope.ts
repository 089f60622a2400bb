import { type Node, walk } from "./parse.ts";
import { homeOf, isCalledName, isCallee, isComparison, isMemberName, isProperty } from "./places.ts";

/** What an operator may use at a place: words and pieces of the code around it, nearest first, each once. */
export type Scope = ReturnType<typeof makeScope>;

/** Scopes of one file, worked out once per function. */
export function scopesOf(root: Node): (node: Node) => Scope {
  const file = fileFacts([...walk(root)]);
  const known = new Map<Node, Scope>();
  return (node) => {
    const home = homeOf(node) ?? root;
    const scope = known.get(home) ?? makeScope([...walk(home)], file);
    known.set(home, scope);
    return scope;
  };
}

/** What a whole file calls and reads; its imports count as functions when they are called. */
function fileFacts(nodes: readonly Node[]) {
  const isFunction = (node: Node): boolean =>
    node.role === "name" && (isCallee(node) || (node.parent?.role === "function" && node.field === "name"));
  return {
    functions: texts(nodes.filter(isFunction)),
    methods: texts(nodes.filter((node) => isMemberName(node) && isCalledName(node))),
    properties: texts(nodes.filter(isProperty)),
  };
}

const donors: ReadonlySet<string> = new Set("binary call member index name number list ternary true false".split(" "));

function makeScope(nodes: readonly Node[], file: ReturnType<typeof fileFacts>) {
  const having = (wanted: (node: Node) => boolean): readonly string[] => texts(nodes.filter(wanted));
  return {
    ...file,
    /** Variables and parameters of the function. */
    names: having((node) => node.role === "name" && !isCallee(node) && node.field !== "name").filter(
      (name) => !file.functions.includes(name),
    ),
    numbers: having(({ role }) => role === "number"),
    strings: having(({ role }) => role === "string"),
    comparisons: having(isComparison),
    /** Expressions, and statements, that may be of use elsewhere in the function. */
    donors: having(({ role, text }) => role !== null && donors.has(role) && text.length < 60),
    statements: having(({ role, text }) => (role === "statement" || role === "return") && text.length < 80),
  };
}

/** Each once. */
const texts = (nodes: readonly Node[]): readonly string[] => [...new Set(nodes.map(({ text }) => text))];
