/** Counts of vitest's JSON report; a file that could not even be loaded counts as one failure. */
export function countTests(report) {
  const brokenFiles = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles, skipped: report.numPendingTests + (report.numTodoTests || 0) };
}
