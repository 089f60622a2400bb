import { protectedPaths as builtIn } from "../policy/protected-paths.ts";
import { matchesGlob } from "../text.ts";
import { type Gate, unless } from "./gate.ts";

export const protectedPaths: Gate = {
  name: "protected-paths",
  about: "files that steer builds, dependencies or agents change only with a named person's approval",
  judge({ files, manifest }) {
    const globs = [
      ...builtIn,
      ...manifest.protect,
      ...Object.values(manifest.roles).filter((path) => path !== undefined),
    ];
    return unless(
      "ask",
      files
        .filter(({ path }) => globs.some((glob) => matchesGlob(path, glob)))
        .map(({ path }) => `${path} is protected`),
    );
  },
};
