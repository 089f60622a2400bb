import { enclosing, type Node, walk } from "./parse.ts";

/** What an operator may use at a place: words and pieces of the file around it, nearest first, each once. */
export interface Scope {
  /** Variables and parameters of the enclosing functions. */
  readonly names: readonly string[];
  /** Functions of the file, its imports included. */
  readonly functions: readonly string[];
  /** Names of methods called, and of properties read, anywhere in the file. */
  readonly methods: readonly string[];
  readonly properties: readonly string[];
  readonly numbers: readonly string[];
  readonly strings: readonly string[];
  /** Comparisons in the same function. */
  readonly comparisons: readonly string[];
  /** Expressions of the same function, for the donor operators. */
  readonly donors: readonly string[];
  /** Simple statements of the same function. */
  readonly statements: readonly string[];
}

/** Scopes of one file, worked out once per function. */
export function scopesOf(root: Node): (node: Node) => Scope {
  const everything = [...walk(root)];
  const file = fileFacts(everything);
  const known = new Map<Node, Scope>();
  return (node) => {
    const home = outermostFunction(node) ?? root;
    const scope = known.get(home) ?? makeScope(home, file);
    known.set(home, scope);
    return scope;
  };
}

type FileFacts = Pick<Scope, "functions" | "methods" | "properties">;

function fileFacts(nodes: readonly Node[]): FileFacts {
  const members = nodes.filter(isMemberName);
  const isMethod = ({ parent }: Node): boolean => parent !== null && isCallee(parent);
  return {
    functions: texts(
      nodes.filter(
        (node) =>
          node.role === "name" && (isCallee(node) || (node.parent?.role === "function" && node.field === "name")),
      ),
    ),
    methods: texts(members.filter(isMethod)),
    properties: texts(members.filter((node) => !isMethod(node))),
  };
}

/** A nested function sees what is around it, so that the outermost one is the home of all names in it. */
function outermostFunction(node: Node): Node | undefined {
  let found: Node | undefined;
  for (let at = enclosing(node, "function"); at; at = enclosing(at, "function")) found = at;
  return found;
}

function makeScope(home: Node, file: FileFacts): Scope {
  const nodes = [...walk(home)];
  const having = (wanted: (node: Node) => boolean): string[] => texts(nodes.filter(wanted));
  return {
    ...file,
    names: having((node) => node.role === "name" && !isCallee(node) && node.field !== "name").filter(
      (name) => !file.functions.includes(name),
    ),
    numbers: having(({ role }) => role === "number"),
    strings: having(({ role }) => role === "string"),
    comparisons: having((node) => node.role === "binary" && isComparison(node)),
    donors: having(({ role, text }) => role !== null && donorRoles.has(role) && text.length < 60),
    statements: having(({ role, text }) => (role === "statement" || role === "return") && text.length < 80),
  };
}

const donorRoles: ReadonlySet<string> = new Set(
  "binary call member index name number list ternary true false".split(" "),
);

/** Is this node what a call calls? */
export const isCallee = (node: Node): boolean =>
  node.parent?.role === "call" && (node.field === "function" || node.field === "constructor");

/** Is this the name after the dot? */
export const isMemberName = (node: Node): boolean =>
  node.parent?.role === "member" && (node.field === "property" || node.field === "attribute");

/** Does the operator of a binary node compare? */
export const isComparison = ({ tokens }: Node): boolean =>
  tokens.some(({ type }) => /^(?:[<>]=?|[=!]==?|is|is not|in|not in|instanceof)$/.test(type));

/** Each once. */
const texts = (nodes: readonly Node[]): string[] => [...new Set(nodes.map(({ text }) => text))];
