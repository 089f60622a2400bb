import { matchesGlob } from "../text.ts";
import { type Gate, unless } from "./gate.ts";

export const scope: Gate = {
  name: "scope",
  about: "only what the manifest allows is changed, and nothing that could reach out of the tree",
  judge({ files, manifest, refused }) {
    const { allow, deny } = manifest.scope;
    const matches = (path: string, globs: readonly string[]) => globs.some((glob) => matchesGlob(path, glob));
    return unless("block", [
      ...refused.map(({ path, why }) => `${path}: ${why}`),
      ...files
        .filter(({ path }) => matches(path, deny))
        .map(({ path }) => `${path} is denied by scope.deny of claw.yaml`),
      ...files
        .filter(({ path }) => allow.length > 0 && !matches(path, allow))
        .map(({ path }) => `${path} is outside scope.allow of claw.yaml`),
    ]);
  },
};
