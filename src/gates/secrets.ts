import { secretsIn } from "../policy/secrets.ts";
import { type Gate, unless } from "./gate.ts";

export const secrets: Gate = {
  name: "secrets",
  about: "no credential enters the repository",
  judge({ patch }) {
    const added = patch
      .split("\n")
      .filter((line) => line.startsWith("+") && !line.startsWith("+++"))
      .join("\n");
    return unless(
      "block",
      secretsIn(added).map((kind) => `an added line looks like it holds a ${kind}`),
    );
  },
};
