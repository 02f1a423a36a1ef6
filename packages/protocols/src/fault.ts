/** One departure from a standard, with the place in the input where it starts. */
export interface Fault<Code extends string = string> {
  /** Stable code; callers switch on it, people look it up. */
  readonly code: Code
  /** Byte offset into the input as it was given. */
  readonly at: number
  /** What is wrong, in the words of the standard, naming the offending part. */
  readonly text: string
}

/** An answer, or the one fault that kept it from being given. Parsers return it; they never throw. */
export type Result<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault<Code> }

/** Characters of the input that the text of a fault quotes: enough to recognise the place, whatever stands there. */
export const excerptLimit = 100

/** Text of the input for the text of a fault, cut at `excerptLimit` characters. */
export function excerpt(text: string): string {
  return text.length <= excerptLimit ? text : `${text.slice(0, excerptLimit - 3)}...`
}

/** A departure that was tolerated: the value was read all the same. It is stored with the report. */
export interface Deviation<Code extends string = string> {
  readonly code: Code
  /** Byte offset into the document as it was given. */
  readonly at: number
  /** What stood there, cut at `deviationRawLimit` characters. */
  readonly raw: string
  /** What it was read as; absent where the place was left out. */
  readonly value?: string
}

/** Characters of a raw value kept in a deviation: enough to recognise it, too little to store a document twice. */
export const deviationRawLimit = 200
