import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { summaryReporter } from "./test/support/summary-reporter.ts";

const endToEnd = "test/e2e/**/*.test.ts";

// Process-heavy tests (sandbox, git, whole runs) need patience on a busy two-core machine, never sleeps.
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Commands live only as long as the thread that started them, so sandboxes open on main threads only.
    pool: "forks",
    // Costs nothing until a test asks for a database.
    globalSetup: "test/support/postgres-setup.ts",
    // One process serves many files: starting one for each, and loading the program in it anew, took a fifth of the time.
    isolate: false,
    // Whole runs wait about as much as they work: two files a core keep a small machine busy.
    maxWorkers: 2 * availableParallelism(),
    // What draws on a terminal draws less where it believes itself in CI; the tests look at what a person sees.
    // Processes that tests start from sources would compile them anew each time, which is half of what they cost.
    env: { CI: "false", NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
    reporters: ["default", summaryReporter],
    // Projects go by their names: what takes longest begins first, so that no core waits for it at the end.
    projects: [
      { extends: true, test: { name: "1 whole runs", include: [endToEnd], testTimeout: 180_000 } },
      { extends: true, test: { name: "2 parts", include: ["test/**/*.test.{ts,tsx}"], exclude: [endToEnd] } },
    ],
  },
});
