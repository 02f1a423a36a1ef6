import type { Deviation, Fault, Result } from '../fault.ts'
import { deviationRawLimit } from '../fault.ts'
import { readMxPattern } from './mx-pattern.ts'

/** Bytes of a policy file (RFC 8461 s3.3 suggests 64 KiB). A longer one is a fault, never a cut one (STS-043). */
export const stsPolicyBytesLimit = 65_536

/** Seconds: a year of 365.25 days, the most a policy may be kept (RFC 8461 s3.2). */
export const stsMaxAgeLimit = 31_557_600

export type StsMode = 'enforce' | 'testing' | 'none'

export type StsPolicyFault =
  | 'sts-policy-size'
  | 'sts-policy-charset'
  | 'sts-policy-empty'
  | 'sts-policy-line'
  | 'sts-policy-extension'
  | 'sts-policy-version'
  | 'sts-policy-mode'
  | 'sts-policy-max-age'
  | 'sts-policy-mx'
  | 'sts-policy-no-mx'

/** What was read all the same (STS-030 to STS-035); the audit names each. */
export type StsPolicyDeviation =
  | 'sts-policy-byte-order-mark'
  | 'sts-policy-carriage-return'
  | 'sts-policy-line-ends-mixed'
  | 'sts-policy-empty-line'
  | 'sts-policy-blank-before-colon'
  | 'sts-policy-key-repeated'
  | 'sts-policy-max-age-limit'
  | 'sts-policy-mx-form'
  | 'sts-policy-mx-address'

export interface StsPolicy {
  readonly mode: StsMode
  /** Seconds the policy may be kept; at most `stsMaxAgeLimit`. 0: for this delivery only (STS-032). */
  readonly maxAge: number
  /** Patterns in lower case, without a final dot, in the order of the file. */
  readonly mx: readonly string[]
  /** The lines as served, faults included, without their ends: what a TLS report quotes (TLSRPT-033). */
  readonly lines: readonly string[]
  readonly deviations: readonly Deviation<StsPolicyDeviation>[]
}

interface Line {
  readonly key: string
  readonly value: string
  /** Byte offsets of the line and of its value. */
  readonly at: number
  readonly valueAt: number
}

type Note = (code: StsPolicyDeviation, at: number, raw: string, value?: string) => void

/**
 * Reads a policy file (RFC 8461 s3.2). What STS-031 names makes it invalid as a whole, and an invalid policy replaces
 * nothing (STS-056). Positions are byte offsets.
 */
export function parseStsPolicy(bytes: Uint8Array): Result<StsPolicy, StsPolicyFault> {
  if (bytes.length > stsPolicyBytesLimit)
    return invalid('sts-policy-size', stsPolicyBytesLimit, `the policy is longer than ${stsPolicyBytesLimit} bytes`)
  const deviations: Deviation<StsPolicyDeviation>[] = []
  const note: Note = (code, at, raw, value) =>
    deviations.push({ code, at, raw: raw.slice(0, deviationRawLimit), ...(value === undefined ? {} : { value }) })
  const split = splitLines(bytes, note)
  if (!split.ok) return split
  const lines: Line[] = []
  for (const { text, at } of split.value) {
    if (/^[ \t]*$/.test(text)) {
      note('sts-policy-empty-line', at, text)
      continue
    }
    const line = readLine(text, at, note)
    if (!line.ok) return line
    lines.push(line.value)
  }
  if (lines.length === 0) return invalid('sts-policy-empty', 0, 'the policy is empty')
  const members = readMembers(lines, note)
  if (!members.ok) return members
  return { ok: true, value: { ...members.value, lines: split.value.map(line => line.text), deviations } }
}

interface TextLine {
  readonly text: string
  readonly at: number
}

function splitLines(bytes: Uint8Array, note: Note): Result<readonly TextLine[], StsPolicyFault> {
  const lines: TextLine[] = []
  const ends = new Set<string>()
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  if (at === 3) note('sts-policy-byte-order-mark', 0, '')
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  while (at < bytes.length) {
    const end = lineEnd(bytes, at)
    try {
      lines.push({ text: decoder.decode(bytes.subarray(at, end.at)), at })
    } catch {
      return invalid('sts-policy-charset', at, 'the line is not UTF-8')
    }
    if (end.length > 0) ends.add(end.kind)
    if (end.kind === 'cr') note('sts-policy-carriage-return', end.at, '\r')
    at = end.at + end.length
  }
  if (ends.has('crlf') && ends.has('lf')) note('sts-policy-line-ends-mixed', 0, '')
  return { ok: true, value: lines }
}

interface LineEnd {
  readonly at: number
  readonly length: number
  readonly kind: 'crlf' | 'lf' | 'cr' | 'end'
}

/** STS-021, STS-033: CRLF and LF are line ends, a carriage return alone is taken for one. */
function lineEnd(bytes: Uint8Array, from: number): LineEnd {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === 0x0a) return { at, length: 1, kind: 'lf' }
    if (bytes[at] === 0x0d)
      return bytes[at + 1] === 0x0a ? { at, length: 2, kind: 'crlf' } : { at, length: 1, kind: 'cr' }
  }
  return { at: bytes.length, length: 0, kind: 'end' }
}

const lineName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/

function readLine(text: string, at: number, note: Note): Result<Line, StsPolicyFault> {
  const colon = text.indexOf(':')
  if (colon === -1) return invalid('sts-policy-line', at, `"${text.slice(0, deviationRawLimit)}" has no colon`)
  const written = text.slice(0, colon)
  const key = withoutBlanks(written)
  if (key !== written) note('sts-policy-blank-before-colon', at, text)
  const value = withoutBlanks(text.slice(colon + 1))
  const valueAt = at + Buffer.byteLength(text.slice(0, colon + 1))
  if (!lineName.test(key))
    return invalid('sts-policy-extension', at, `"${key.slice(0, deviationRawLimit)}" is no name of a line`)
  const isKnown = key === 'version' || key === 'mode' || key === 'max_age' || key === 'mx'
  // STS-025: some text without control characters.
  if (!isKnown && (value === '' || /[\u0000-\u001f\u007f]/.test(value)))
    return invalid('sts-policy-extension', valueAt, `the value of "${key}" is empty or holds a control character`)
  return { ok: true, value: { key, value, at, valueAt } }
}

/** By hand: an expression for blanks at the end takes time with the square of the blanks elsewhere. */
function withoutBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

type Members = Pick<StsPolicy, 'mode' | 'maxAge' | 'mx'>

function readMembers(lines: readonly Line[], note: Note): Result<Members, StsPolicyFault> {
  const first = firstOfEach(lines, note)
  const version = first.get('version')
  if (version?.value !== 'STSv1')
    return invalid('sts-policy-version', version?.valueAt ?? 0, 'the version is missing or is not "STSv1"')
  const mode = first.get('mode')
  if (mode?.value !== 'enforce' && mode?.value !== 'testing' && mode?.value !== 'none')
    return invalid('sts-policy-mode', mode?.valueAt ?? 0, 'the mode is missing or is not enforce, testing or none')
  const maxAge = readMaxAge(first.get('max_age'), note)
  if (!maxAge.ok) return maxAge
  const mx = readPatterns(
    lines.filter(line => line.key === 'mx'),
    note,
  )
  if (!mx.ok) return mx
  if (mx.value.length === 0 && mode.value !== 'none')
    return invalid('sts-policy-no-mx', 0, `mode ${mode.value} needs at least one "mx" line`)
  return { ok: true, value: { mode: mode.value, maxAge: maxAge.value, mx: mx.value } }
}

function firstOfEach(lines: readonly Line[], note: Note): ReadonlyMap<string, Line> {
  const first = new Map<string, Line>()
  for (const line of lines) {
    if (line.key === 'mx') continue
    if (first.has(line.key)) note('sts-policy-key-repeated', line.at, `${line.key}: ${line.value}`)
    else first.set(line.key, line)
  }
  return first
}

function readMaxAge(line: Line | undefined, note: Note): Result<number, StsPolicyFault> {
  if (line === undefined || !/^[0-9]{1,10}$/.test(line.value))
    return invalid('sts-policy-max-age', line?.valueAt ?? 0, 'max_age is missing or is not 1 to 10 digits')
  const seconds = Number(line.value)
  if (seconds <= stsMaxAgeLimit) return { ok: true, value: seconds }
  note('sts-policy-max-age-limit', line.valueAt, line.value, String(stsMaxAgeLimit))
  return { ok: true, value: stsMaxAgeLimit }
}

function readPatterns(lines: readonly Line[], note: Note): Result<readonly string[], StsPolicyFault> {
  const patterns: string[] = []
  for (const line of lines) {
    const pattern = readMxPattern(line.value)
    if (pattern === null)
      return invalid(
        'sts-policy-mx',
        line.valueAt,
        `"${line.value.slice(0, deviationRawLimit)}" is neither a domain name nor "*." and one`,
      )
    if (pattern.isAddress) note('sts-policy-mx-address', line.valueAt, line.value)
    if (pattern.text !== line.value) note('sts-policy-mx-form', line.valueAt, line.value, pattern.text)
    patterns.push(pattern.text)
  }
  return { ok: true, value: patterns }
}

function invalid(
  code: StsPolicyFault,
  at: number,
  text: string,
): { readonly ok: false; readonly fault: Fault<StsPolicyFault> } {
  return { ok: false, fault: { code, at, text } }
}

/**
 * The file to serve (STS-029): version, mode, patterns, max_age, each line ended by CRLF. The members are taken as they
 * are; `parseStsPolicy` tells whether a receiver of the file will read them.
 */
export function formatStsPolicy(policy: Pick<StsPolicy, 'mode' | 'maxAge' | 'mx'>): string {
  const lines = [
    'version: STSv1',
    `mode: ${policy.mode}`,
    ...policy.mx.map(pattern => `mx: ${pattern}`),
    `max_age: ${policy.maxAge}`,
  ]
  return lines.map(line => `${line}\r\n`).join('')
}
