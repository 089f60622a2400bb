/** What the grammars call the things that operators look at. No two of them use one word for different things. */
const types = {
  function:
    "function_declaration function_expression generator_function_declaration generator_function arrow_function " +
    "method_definition function_definition lambda",
  parameters: "formal_parameters parameters lambda_parameters",
  block: "statement_block program block module",
  if: "if_statement elif_clause",
  loop: "while_statement do_statement for_statement for_in_statement",
  return: "return_statement",
  statement:
    "expression_statement throw_statement raise_statement assert_statement break_statement continue_statement " +
    "delete_statement",
  binary: "binary_expression comparison_operator boolean_operator binary_operator",
  unary: "unary_expression not_operator unary_operator",
  update: "update_expression",
  ternary: "ternary_expression conditional_expression",
  assign: "assignment_expression variable_declarator assignment",
  augment: "augmented_assignment_expression augmented_assignment",
  call: "call_expression new_expression call",
  arguments: "arguments argument_list",
  "named-argument": "keyword_argument",
  member: "member_expression attribute",
  index: "subscript_expression subscript",
  slice: "slice",
  group: "parenthesized_expression",
  name: "identifier",
  number: "number integer float",
  string: "string",
  true: "true",
  false: "false",
  null: "null undefined none",
  list: "array list",
  map: "object dictionary",
  ignored:
    "import_statement import_from_statement comment type_annotation type_arguments type_parameters " +
    "interface_declaration type_alias_declaration enum_declaration decorator regex type",
};

/** What a node is for, in words that are the same in every language. Nodes without a role are only walked through. */
export type Role = keyof typeof types;

/** From a node type of any grammar to its role. */
export const roles: ReadonlyMap<string, Role> = new Map(
  Object.entries(types).flatMap(([role, names]) => names.split(" ").map((name) => [name, role as Role])),
);

/** How JavaScript spells what operators write, and how Python does. */
const spellings = {
  and: ["&&", "and"],
  or: ["||", "or"],
  /** Put in front of an operand. */
  not: ["!", "not "],
  true: ["true", "True"],
  false: ["false", "False"],
  nothing: ["null", "None"],
  equals: ["===", "=="],
  /** Put between something and nothing. */
  is: ["===", "is"],
  /** Functions that give the larger of two, and the smaller. */
  larger: ["Math.max", "max"],
  smaller: ["Math.min", "min"],
} as const;

type Words = Readonly<Record<keyof typeof spellings, string>>;

const words = (column: 0 | 1): Words =>
  Object.fromEntries(Object.entries(spellings).map(([word, spelt]) => [word, spelt[column]])) as Words;

/** From each sign to those it is taken for, likeliest first. */
type Signs = Readonly<Record<string, readonly string[]>>;

/** A language as the operators see it. */
export interface Language {
  readonly name: "JavaScript" | "TypeScript" | "TSX" | "Python";
  readonly extensions: readonly string[];
  /** Indentation, and not braces, makes blocks. */
  readonly indented: boolean;
  readonly words: Words;
  readonly signs: Readonly<Record<"relation" | "connective" | "arithmetic", Signs>>;
}

/** Reads "sign its others; next sign its others"; `~` stands for a blank in a sign. */
const signs = (text: string): Signs =>
  Object.fromEntries(
    text.split("; ").map((entry) => {
      const [sign = "", ...others] = entry.split(" ").map((word) => word.replace("~", " "));
      return [sign, others];
    }),
  );

/** Signs of arithmetic, with the assignments that are made of them. */
function arithmetic(text: string): Signs {
  const plain = signs(`${text}; & | ^; | & ^; ^ & |; << >>; >> <<`);
  const assigning = Object.entries(plain).map(([sign, others]) => {
    return [`${sign}=`, [...others.map((other) => `${other}=`), "="]];
  });
  return { ...plain, ...Object.fromEntries(assigning), "=": ["+=", "-="], "++": ["--"], "--": ["++"] };
}

/** Signs that compare, given those for "is the same" and "is not". */
const relation = (same: string, other: string): string =>
  `${same} ${other} <= >=; ${other} ${same} < >; < <= > >= ${same} ${other}; ` +
  `<= < >= > ${same} ${other}; > >= < <= ${same} ${other}; >= > <= < ${same} ${other}`;

const javascript = {
  indented: false,
  words: words(0),
  signs: {
    relation: signs(`== != <= >=; != == < >; ${relation("===", "!==")}`),
    connective: signs("&& ||; || &&"),
    arithmetic: arithmetic("+ - *; - + /; * / + **; / * %; % / *; ** *; ?? ||"),
  },
};

const python = {
  indented: true,
  words: words(1),
  signs: {
    relation: signs(`is is~not <= >=; is~not is < >; in not~in; not~in in; ${relation("==", "!=")}`),
    connective: signs("and or; or and"),
    arithmetic: arithmetic("+ - *; - + //; * ** + //; / // *; // / % *; % // *; ** *"),
  },
};

const languages: readonly Language[] = [
  { ...javascript, name: "JavaScript", extensions: [".js", ".mjs", ".cjs", ".jsx"] },
  { ...javascript, name: "TypeScript", extensions: [".ts", ".mts", ".cts"] },
  { ...javascript, name: "TSX", extensions: [".tsx"] },
  { ...python, name: "Python", extensions: [".py"] },
];

/** The language a file is written in; undefined for one that the search engine does not know. Declaration files hold no code. */
export const languageOf = (path: string): Language | undefined =>
  /\.d\.[cm]?ts$/.test(path)
    ? undefined
    : languages.find(({ extensions }) => extensions.some((extension) => path.endsWith(extension)));
