import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a test run with one line for machines: `N passed, N failed`.
 * A file that could not be loaded, and an error outside any test, each count as a failure.
 */
export const summaryReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const passed = states.filter((state) => state === "passed").length;
    const failed = states.filter((state) => state === "failed").length + modules.filter(neverRan).length;
    console.log(`${passed} passed, ${failed + unhandledErrors.length} failed`);
  },
};

function neverRan(module: TestModule): boolean {
  return module.state() === "failed" && module.errors().length > 0;
}
