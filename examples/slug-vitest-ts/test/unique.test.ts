import { describe, expect, test } from "vitest";
import { uniqueSlug } from "../src/slug.ts";

describe("uniqueSlug", () => {
  test("is the plain slug while that is free", () => {
    expect(uniqueSlug("Release notes", new Set(["other"]))).toBe("release-notes");
  });

  test("counts from 2 and fills the first gap", () => {
    expect(uniqueSlug("Release notes", new Set(["release-notes"]))).toBe("release-notes-2");
    expect(uniqueSlug("Release notes", new Set(["release-notes", "release-notes-2", "release-notes-4"]))).toBe("release-notes-3");
  });

  test("uses the separator for the number too", () => {
    expect(uniqueSlug("Release notes", new Set(["release_notes"]), { separator: "_" })).toBe("release_notes_2");
  });
});
