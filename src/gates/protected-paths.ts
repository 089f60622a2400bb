import type { Manifest } from "../policy/manifest.ts";
import { protectedPaths as builtIn } from "../policy/protected-paths.ts";
import { matchesGlob } from "../text.ts";
import { type Gate, unless } from "./gate.ts";

/** Those of the paths that steer builds, dependencies or agents, or that the manifest protects. */
export function protectedAmong(paths: readonly string[], manifest: Manifest): readonly string[] {
  const globs = [
    ...builtIn,
    ...manifest.protect,
    ...Object.values(manifest.roles).filter((path) => path !== undefined),
  ];
  return paths.filter((path) => globs.some((glob) => matchesGlob(path, glob)));
}

export const protectedPaths: Gate = {
  name: "protected-paths",
  about: "files that steer builds, dependencies or agents change only with a named person's approval",
  judge({ files, manifest }) {
    const paths = files.map(({ path }) => path);
    return unless(
      "ask",
      protectedAmong(paths, manifest).map((path) => `${path} is protected`),
    );
  },
};
