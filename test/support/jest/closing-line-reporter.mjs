import { writeSync } from 'node:fs';

/** Ends the output of jest with one line for people and scripts: `12 passed, 0 failed`. */
export default class ClosingLineReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const skipped = results.numPendingTests + results.numTodoTests;
    // A spec file that does not even load has no tests, and yet it failed.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`;
    // Jest's own summary comes after this hook, whatever the order in the configuration.
    process.once('exit', () => writeSync(1, line));
  }
}
