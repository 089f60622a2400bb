import { plural } from "../text.ts";
import { type Gate, unless } from "./gate.ts";

export const size: Gate = {
  name: "size",
  about: "a fix stays small enough to be reviewed",
  judge({ files, manifest }) {
    const { files: maxFiles, diffLines } = manifest.limits;
    const lines = files.reduce((sum, file) => sum + (file.added ?? 0) + (file.deleted ?? 0), 0);
    const reasons: string[] = [];
    if (files.length > maxFiles) reasons.push(`${plural(files.length, "file")} changed; limits.files is ${maxFiles}`);
    if (lines > diffLines) reasons.push(`${plural(lines, "line")} changed; limits.diffLines is ${diffLines}`);
    for (const { path } of files.filter(({ binary }) => binary).slice(0, 5))
      reasons.push(`${path} is binary and cannot be reviewed`);
    return unless("block", reasons);
  },
};
