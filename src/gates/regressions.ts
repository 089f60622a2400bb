import { plural } from "../text.ts";
import { type Gate, unless } from "./gate.ts";

export const regressions: Gate = {
  name: "regressions",
  about: "no test that passed on the base fails on the head",
  judge({ comparison }) {
    const newly = comparison?.newlyFailing ?? [];
    if (newly.length === 0) return unless("block", []);
    const more = newly.length > 5 ? ` and ${plural(newly.length - 5, "other")}` : "";
    return unless("block", [`newly failing: ${newly.slice(0, 5).join(", ")}${more}`]);
  },
};
