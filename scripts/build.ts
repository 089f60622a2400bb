import { readFileSync } from "node:fs";
import { build } from "rolldown";

// One file per command instead of hundreds: a third of the time from process start to the first model request goes into
// resolving and reading modules one by one (npm run bench -- --only first-request).
const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  dependencies: Record<string, string>;
};

/** Small pure-JavaScript packages that every run needs, and what sessions and the live view are drawn with; the others stay packages of their own. */
const inlined = ["commander", "zod", "openai", "yaml", "jsonrepair", "chalk", "ink", "react", "marked", "diff"];
// ink asks for the last of them where somebody debugs it.
const external = [...Object.keys(dependencies).filter((name) => !inlined.includes(name)), "react-devtools-core"];

await build({
  input: { main: "src/main.ts" },
  platform: "node",
  // Of React only what users run is read: its other half is larger, slower, and for those who write components.
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  external: external.map((name) => new RegExp(`^${name}(/|$)`)),
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].js",
    // As deep as the sources are, so that paths relative to a module stay right.
    chunkFileNames: "chunks/[name]-[hash].js",
  },
});
