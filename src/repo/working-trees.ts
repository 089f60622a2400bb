import { rename } from "node:fs/promises";
import { checkoutTree, snapshotTree, updateTree, type WorkingTree } from "./working-tree.ts";

/** The working directories of a clone. */
export interface WorkingTrees {
  readonly checkout: (tree: string, into: string) => Promise<void>;
  readonly move: (from: string, to: string) => Promise<void>;
  readonly update: (dir: string, fromTree: string, toTree: string) => Promise<void>;
  readonly snapshot: (dir: string) => Promise<string>;
  /** Is the private index of `dir` known to hold exactly `tree`? Then reading that in again would change nothing. */
  readonly holds: (dir: string, tree: string) => boolean;
}

/** `at` describes one of them. What the indexes hold is known as far as this process has seen to it. */
export function workingTrees(at: (dir: string) => WorkingTree): WorkingTrees {
  const indexed = new Map<string, string>();
  const holds = (dir: string, tree: string): boolean => indexed.get(dir) === tree;
  return {
    async checkout(tree, into) {
      await checkoutTree(at(into), tree);
      indexed.set(into, tree);
    },
    async move(from, to) {
      await rename(at(from).indexFile, at(to).indexFile);
      await rename(from, to);
      const tree = indexed.get(from);
      indexed.delete(from);
      if (tree !== undefined) indexed.set(to, tree);
    },
    async update(dir, fromTree, toTree) {
      const read = holds(dir, fromTree) ? null : fromTree;
      indexed.delete(dir);
      await updateTree(at(dir), read, toTree);
      indexed.set(dir, toTree);
    },
    async snapshot(dir) {
      const held = indexed.get(dir) ?? null;
      indexed.delete(dir);
      const taken = await snapshotTree(at(dir), held);
      if (taken.indexed) indexed.set(dir, taken.tree);
      return taken.tree;
    },
    holds,
  };
}
