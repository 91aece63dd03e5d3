/**
 * Prints the result of the run alone on a line of stdout: `N passed, N failed`, with `, N skipped` if there are any.
 * A test file that does not load counts as one failure.
 */
class CountReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter(
      ({ testExecError, failureMessage, numFailingTests }) =>
        numFailingTests === 0 && (testExecError || failureMessage),
    ).length;
    const failed = results.numFailedTests + broken;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stdout.write(
      `\n${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    );
  }
}

module.exports = CountReporter;
