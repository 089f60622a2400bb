const javascriptTypes = {
  function:
    "function_declaration function_expression generator_function_declaration generator_function arrow_function " +
    "method_definition",
  parameters: "formal_parameters",
  block: "statement_block program",
  if: "if_statement",
  loop: "while_statement do_statement for_statement for_in_statement",
  return: "return_statement",
  statement: "expression_statement throw_statement break_statement continue_statement",
  declaration: "lexical_declaration variable_declaration",
  binary: "binary_expression",
  unary: "unary_expression",
  update: "update_expression",
  ternary: "ternary_expression",
  assign: "assignment_expression variable_declarator",
  augment: "augmented_assignment_expression",
  call: "call_expression new_expression",
  arguments: "arguments",
  member: "member_expression",
  index: "subscript_expression",
  group: "parenthesized_expression",
  name: "identifier",
  property: "property_identifier",
  number: "number",
  string: "string",
  true: "true",
  false: "false",
  null: "null undefined",
  list: "array",
  map: "object",
  ignored:
    "import_statement comment type_annotation type_arguments type_parameters interface_declaration " +
    "type_alias_declaration enum_declaration decorator regex",
};

const pythonTypes = {
  function: "function_definition lambda",
  parameters: "parameters lambda_parameters",
  block: "block module",
  if: "if_statement elif_clause",
  loop: "while_statement for_statement",
  return: "return_statement",
  statement:
    "expression_statement raise_statement assert_statement break_statement continue_statement delete_statement",
  binary: "comparison_operator boolean_operator binary_operator",
  unary: "not_operator unary_operator",
  ternary: "conditional_expression",
  assign: "assignment",
  augment: "augmented_assignment",
  call: "call",
  arguments: "argument_list",
  "named-argument": "keyword_argument",
  member: "attribute",
  index: "subscript",
  slice: "slice",
  group: "parenthesized_expression",
  name: "identifier",
  number: "integer float",
  string: "string",
  true: "true",
  false: "false",
  null: "none",
  list: "list",
  map: "dictionary",
  ignored: "import_statement import_from_statement comment decorator type",
};

/** What a node is for, in words that are the same in every language. Nodes without a role are only walked through. */
export type Role = keyof typeof javascriptTypes | keyof typeof pythonTypes;

/** A language as the operators see it: what its grammar calls things, and how it spells a few. */
export interface Language {
  readonly name: "JavaScript" | "TypeScript" | "TSX" | "Python";
  /** File of the grammar, without its extension. */
  readonly grammar: string;
  readonly extensions: readonly string[];
  readonly roles: Readonly<Record<string, Role>>;
  readonly and: string;
  readonly or: string;
  /** Put in front of an operand. */
  readonly not: string;
  readonly true: string;
  readonly false: string;
  /** The names of nothing, the usual one first. */
  readonly nulls: readonly string[];
  /** Comparisons by what they ask; the first of each is tried first. */
  readonly equal: readonly string[];
  readonly unequal: readonly string[];
  readonly arithmetic: Readonly<Record<string, readonly string[]>>;
  /** `text` as a statement that ends early when `condition` holds. */
  guard(condition: string, text: string, indent: string): string;
  /** A larger and a smaller of two. */
  readonly larger: string;
  readonly smaller: string;
  /** Indentation, and not braces, makes blocks. */
  readonly indented: boolean;
}

/** From what each role covers to the role of each node type. */
const roles = (types: Readonly<Record<string, string>>): Readonly<Record<string, Role>> =>
  Object.fromEntries(
    Object.entries(types).flatMap(([role, names]) => names.split(" ").map((name) => [name, role as Role])),
  );

const bitwise = { "&": ["|", "^"], "|": ["&", "^"], "^": ["&", "|"], "<<": [">>"], ">>": ["<<"] };
const javascript = {
  roles: roles(javascriptTypes),
  and: "&&",
  or: "||",
  not: "!",
  true: "true",
  false: "false",
  nulls: ["null", "undefined"],
  equal: ["===", "=="],
  unequal: ["!==", "!="],
  arithmetic: {
    "+": ["-", "*"],
    "-": ["+", "/"],
    "*": ["/", "+", "**"],
    "/": ["*", "%"],
    "%": ["/", "*"],
    "**": ["*"],
    "??": ["||"],
    ...bitwise,
  },
  guard: (condition: string, text: string, indent: string) => `if (${condition}) ${text};\n${indent}`,
  larger: "Math.max",
  smaller: "Math.min",
  indented: false,
} as const;

const languages: readonly Language[] = [
  { ...javascript, name: "JavaScript", grammar: "tree-sitter-javascript", extensions: [".js", ".mjs", ".cjs", ".jsx"] },
  { ...javascript, name: "TypeScript", grammar: "tree-sitter-typescript", extensions: [".ts", ".mts", ".cts"] },
  { ...javascript, name: "TSX", grammar: "tree-sitter-tsx", extensions: [".tsx"] },
  {
    name: "Python",
    grammar: "tree-sitter-python",
    extensions: [".py"],
    roles: roles(pythonTypes),
    and: "and",
    or: "or",
    not: "not ",
    true: "True",
    false: "False",
    nulls: ["None"],
    equal: ["==", "is"],
    unequal: ["!=", "is not"],
    arithmetic: {
      "+": ["-", "*"],
      "-": ["+", "//"],
      "*": ["**", "+", "//"],
      "/": ["//", "*"],
      "//": ["/", "%", "*"],
      "%": ["//", "*"],
      "**": ["*"],
      ...bitwise,
    },
    guard: (condition, text, indent) => `if ${condition}:\n${indent}    ${text}\n${indent}`,
    larger: "max",
    smaller: "min",
    indented: true,
  },
];

/** The language a file is written in; undefined for one that the search engine does not know. Declaration files hold no code. */
export const languageOf = (path: string): Language | undefined =>
  /\.d\.[cm]?ts$/.test(path)
    ? undefined
    : languages.find(({ extensions }) => extensions.some((extension) => path.endsWith(extension)));
