import { secretsIn } from "../policy/secrets.ts";
import { type Gate, unless } from "./gate.ts";

export const secrets: Gate = {
  name: "secrets",
  about: "no credential enters the repository",
  judge({ patch }) {
    return unless(
      "block",
      secretsIn(addedLines(patch)).map((kind) => `an added line looks like it holds a ${kind}`),
    );
  },
};

/** What a unified diff adds. Lines are counted as each hunk announces them: an added "++ x" looks like a header. */
function addedLines(patch: string): string {
  const added: string[] = [];
  let [old, fresh] = [0, 0];
  for (const line of patch.split("\n")) {
    const hunk = old + fresh > 0 ? null : /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk) [old, fresh] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    else if (old + fresh > 0) {
      if (line.startsWith("+")) added.push(line.slice(1));
      if (!line.startsWith("+") && !line.startsWith("\\")) old -= 1;
      if (!line.startsWith("-") && !line.startsWith("\\")) fresh -= 1;
    }
  }
  return added.join("\n");
}
