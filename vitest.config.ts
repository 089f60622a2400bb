import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { summaryReporter } from "./test/support/summary-reporter.ts";

// Process-heavy tests (sandbox, git, whole runs) need patience on a busy two-core machine, never sleeps.
export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Commands live only as long as the thread that started them, so sandboxes open on main threads only.
    pool: "forks",
    // Whole runs wait about as much as they work: two files a core keep a small machine busy.
    maxWorkers: 2 * availableParallelism(),
    // What draws on a terminal draws less where it believes itself in CI; the tests look at what a person sees.
    env: { CI: "false" },
    reporters: ["default", summaryReporter],
  },
});
