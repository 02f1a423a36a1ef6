/** What policy_evaluated says. */
export interface EvaluatedPart {
  readonly disposition: number
  readonly dkim: number
  readonly spf: number
  readonly reasons: number
}

/** What identifiers says. */
export interface IdentifiersPart {
  readonly headerFrom: number
  readonly envelopeFrom: number
  readonly envelopeTo: number
}

/** What auth_results says. */
export interface ResultsPart {
  readonly dkim: number
  readonly spf: number
  readonly hasDkimPass: boolean
  readonly hasSpfPass: boolean
}
