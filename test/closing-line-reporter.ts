import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one line that people and machines read alike: `N passed, N failed, N skipped`. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        tally[state === "pending" ? "skipped" : state] += 1;
        tests += 1;
      }
      if (tests === 0 && !module.ok()) tally.failed += 1;
    }
    // After the default reporter's own summary, which is written in the same turn.
    setImmediate(() =>
      process.stdout.write(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`),
    );
  }
}
