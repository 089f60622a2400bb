/** One import or re-export of a module: what it names, and whether only types cross. */
export interface Import {
  readonly to: string;
  readonly typeOnly: boolean;
}

// Strings come first in the alternation, so that "https://…" is not taken for a comment.
const stringsAndComments = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The text without comments. */
export function stripComments(text: string): string {
  return text.replace(stringsAndComments, (_match, string: string | undefined) => string ?? "");
}

/** The text with the content of quoted strings removed, so that words in them are not taken for code. Templates stay. */
export function blankStrings(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""');
}

/** Every module a source imports or re-exports, statically, on demand or as a type, in the order of the text. */
export function importsOf(text: string): readonly Import[] {
  const statements =
    /\b(?:import|export)\s+(type\s)?(?:[\w*\s{},$]+?\sfrom\s+|)["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;
  return [...stripComments(text).matchAll(statements)].map(([statement, type, from, onDemand]) => ({
    to: from ?? onDemand ?? "",
    typeOnly: type !== undefined || namesOnlyTypes(statement),
  }));
}

/** `import { type A, type B }` carries nothing at run time either. */
function namesOnlyTypes(statement: string): boolean {
  const names =
    /\{([^}]*)\}/
      .exec(statement)?.[1]
      ?.split(",")
      .map((name) => name.trim()) ?? [];
  const real = names.filter((name) => name !== "");
  return (
    real.length > 0 && real.every((name) => name.startsWith("type ")) && !/\b(import|export)\s+\w+\s*,/.test(statement)
  );
}
