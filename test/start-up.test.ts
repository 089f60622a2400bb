import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../src");

test("node:http is imported for its types only: by value it would evaluate all of fetch, for some 25 ms of every start", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
  const importing = files.filter((file) =>
    /^import (?!type )[^;]*from "node:https?"/m.test(readFileSync(join(source, file), "utf8")),
  );
  expect(importing).toEqual([]);
});
