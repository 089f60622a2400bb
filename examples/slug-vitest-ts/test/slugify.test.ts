import { describe, expect, test } from "vitest";
import { slugify } from "../src/slug.ts";

describe("slugify", () => {
  test.each([
    ["Hello, World!", "hello-world"],
    ["Crème brûlée & more", "creme-brulee-and-more"],
    ["  Łódź – Straße 7 ", "lodz-strasse-7"],
    ["Don't panic", "dont-panic"],
    ["100% cotton @ home", "100-percent-cotton-at-home"],
    ["???", "untitled"],
  ])("%s", (title, slug) => {
    expect(slugify(title)).toBe(slug);
  });

  test("another separator", () => {
    expect(slugify("one two three", { separator: "_" })).toBe("one_two_three");
  });

  test("is cut between words, without a separator at the end", () => {
    expect(slugify("a short history of everything", { maxLength: 18 })).toBe("a-short-history-of");
    expect(slugify("a short history of everything", { maxLength: 17 })).toBe("a-short-history");
  });

  test("a single long word is cut where the limit is", () => {
    expect(slugify("internationalization", { maxLength: 8 })).toBe("internat");
  });

  test("refuses a limit that leaves nothing", () => {
    expect(() => slugify("x", { maxLength: 0 })).toThrow(RangeError);
  });
});
