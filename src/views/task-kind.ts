/** What kind of work a task is, as far as its title tells: models differ in what they can do. */
export type TaskKind = "bug" | "feature" | "deps" | "docs";

const kinds: readonly (readonly [TaskKind, RegExp])[] = [
  ["deps", /\b(bump|upgrade|dependenc(?:y|ies)|lockfile|peer dep)|\bupdate \S+ (?:to|from) v?\d/i],
  ["docs", /\b(docs?|documentation|readme|typo|docstrings?|changelog|tutorial|guide)\b/i],
  [
    "feature",
    /^\W*(?:\w+\W+)?(add|support|implement|allow|introduce|enable|provide|feature|feat|new)\b|\bfeature request\b|\bwould be (?:nice|useful)\b/i,
  ],
];

/** Words that say that something is wrong, whatever else a title says. */
const broken =
  /\b(bugs?|crash(?:es|ed)?|fails?|failing|failure|error|exception|traceback|wrong(?:ly)?|broken|incorrect(?:ly)?|regression|instead of|should(?:n't| not))\b/i;

/** The kind of a task by its title; "bug" where nothing says otherwise. */
export const kindOfTask = (title: string): TaskKind =>
  broken.test(title) ? "bug" : (kinds.find(([, words]) => words.test(title))?.[0] ?? "bug");
