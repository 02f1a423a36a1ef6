/** The parts of a failure report mail, transfer encoding taken off (RFC 5965 s2, RFC 6591 s3.1). */
export interface FailureParts {
  /** Content of the `message/feedback-report` part; null where there is none (report-tolerance 122). */
  readonly feedback: Uint8Array | null
  /** The returned message, or only its header block. */
  readonly original: Uint8Array | null
  /** Text for people; read by labels where `feedback` is absent. */
  readonly text: Uint8Array | null
  /** Date of the report mail, seconds since 1970, UTC: stands in for a missing Arrival-Date (report-tolerance 126). */
  readonly mailDate: number | null
}
