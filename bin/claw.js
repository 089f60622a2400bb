#!/usr/bin/env node
// Plain, old JavaScript: it must still parse on a Node that is far too old, to say so in words.
import { existsSync } from "fs";
import module from "module";
import { fileURLToPath } from "url";
import v8 from "v8";

/** Says what is wrong and what to do, and leaves with the exit code for a machine that is not ready. */
function refuse(what, hint) {
  process.stderr.write("claw: " + what + "\n  " + hint + "\n");
  process.exitCode = 24;
}

const version = process.versions.node.split(".").map(Number);
const main = new URL("../dist/main.js", import.meta.url);

if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  refuse(
    "needs Node 22.18 or newer, this is Node " + process.versions.node + " (" + process.execPath + ")",
    "inside the claw project run: npx claw … (it uses the pinned Node); anywhere else install Node 22.18 or newer",
  );
} else if (!existsSync(fileURLToPath(main))) {
  refuse("is not built: dist/main.js is missing", "run: npm run build (in " + fileURLToPath(new URL("..", main)) + ")");
} else {
  module.enableCompileCache();
  // Short-lived objects keep the space they begin with: a long session is some 20 MB smaller, and no slower.
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  // Should the program ever run dry before it has an answer, that is a failure, not a success.
  process.exitCode = 1;
  void import(main.href)
    .then((claw) => claw.main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    });
}
