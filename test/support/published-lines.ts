import { z } from "zod";
import { linesOf } from "../../src/cli/lines/all.ts";

/** The command that these words are for, as `linesOf` names it. */
const commandIn = (argv: readonly string[]): string => {
  const [first = "", second = ""] = argv;
  return `${first} ${second}` in linesOf ? `${first} ${second}` : first;
};

/**
 * Throws where a command's `--json` printed something that the published schemas do not know, to the last key. Whoever types
 * a command in a test asks this of all that it printed.
 */
export function refuseStrangeLines(argv: readonly string[], printed: string): void {
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const command = commandIn(argv);
  if (!own.includes("--json") || own.includes("--openapi") || own.includes("--help") || !(command in linesOf)) return;
  const schema = z.union(linesOf[command] ?? []);
  for (const text of printed.split("\n").filter((each) => each !== "")) {
    const { error } = schema.safeParse(JSON.parse(text));
    if (error)
      throw new Error(
        `claw ${argv.join(" ")} printed what src/cli/lines does not know: ${text}\n${z.prettifyError(error)}`,
      );
  }
}
