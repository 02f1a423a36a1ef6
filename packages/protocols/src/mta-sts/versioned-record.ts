import type { Deviation, Fault, Result } from '../fault.ts'
import { deviationRawLimit } from '../fault.ts'

/**
 * The TXT records of MTA-STS and TLS-RPT share one form (RFC 8461 s3.1, RFC 8460 s3): a version, then `name=value`
 * fields between semicolons. This file reads the form; what the fields mean is told beside each standard.
 */

/**
 * Characters of a record that are read. A TXT record holds 65,535 octets at most, while the longest record met holds a
 * few hundred; the rest of a longer one would only be work.
 */
export const versionedRecordLimit = 8192

export type VersionedRecordFault = 'record-limit' | 'record-field-syntax' | 'record-field-empty'

export type VersionedRecordDeviation =
  /** A blank before the first semicolon: legal by the grammar, lost beside other TXT records (erratum 6285). */
  | 'record-blank-after-version'
  | 'record-blank-at-end'
  | 'record-field-repeated'
  /** `lenient` only: a field that breaks its grammar, left out. */
  | 'record-field-ignored'

/** One field behind the version. */
export interface RecordField {
  readonly name: string
  readonly value: string
  /** Character offset into the record. */
  readonly at: number
}

export interface VersionedRecord {
  readonly text: string
  /** The first of each name (STS-013), in the order of the record. */
  readonly fields: ReadonlyMap<string, RecordField>
  readonly deviations: readonly Deviation<VersionedRecordDeviation>[]
}

/** How a record is told and read: by its version, exact in case. */
export interface RecordForm {
  /** `STSv1` or `TLSRPTv1`. */
  readonly version: string
  /** Fields whose value the standard defines itself; their values are not held to the grammar of extensions. */
  readonly known: readonly string[]
  /** STS-012, STS-015: accept what the looser reading allows. False by default everywhere. */
  readonly lenient: boolean
}

/** What the TXT answers of a name hold. The five stay apart up to the screen. */
export type RecordSelection<Code extends string, Value> =
  /** No text is a record of this version. */
  | { readonly kind: 'none'; readonly others: number }
  /** More than one is: no policy may be taken from them. */
  | { readonly kind: 'several'; readonly texts: readonly string[] }
  | { readonly kind: 'invalid'; readonly text: string; readonly fault: Fault<Code> }
  | { readonly kind: 'record'; readonly record: Value }

/**
 * The one text that is a record of this version, among all TXT texts of the name (STS-011, TLSRPT-005). A text with a
 * blank before the first semicolon counts where it is alone; beside others only when lenient and without a rival
 * (STS-012).
 */
export function selectRecord<Code extends string, Value>(
  texts: readonly string[],
  form: RecordForm,
  parse: (text: string) => Result<Value, Code>,
): RecordSelection<Code, Value> {
  const strict = texts.filter(text => text.startsWith(`v=${form.version};`))
  const candidates = strict.length > 0 ? strict : blankForms(texts, form)
  const [text] = candidates
  if (text === undefined) return { kind: 'none', others: texts.length }
  if (candidates.length > 1) return { kind: 'several', texts: candidates }
  const parsed = parse(text)
  return parsed.ok ? { kind: 'record', record: parsed.value } : { kind: 'invalid', text, fault: parsed.fault }
}

function blankForms(texts: readonly string[], form: RecordForm): readonly string[] {
  const found = texts.filter(text => isAfterVersion(text, `v=${form.version}`))
  return texts.length === 1 || form.lenient ? found : []
}

/** Whether the version stands alone or is followed by blanks: `v=STSv10;` is never a record. */
function isAfterVersion(text: string, version: string): boolean {
  if (!text.startsWith(version)) return false
  const at = skipBlanks(text, version.length)
  return at === text.length || text[at] === ';'
}

/**
 * Reads one record of the form. The text holds one character per octet. A field that breaks its grammar, or an empty
 * one, makes the record invalid (STS-015), unless lenient.
 */
export function parseVersionedRecord(text: string, form: RecordForm): Result<VersionedRecord, VersionedRecordFault> {
  if (text.length > versionedRecordLimit)
    return invalid('record-limit', versionedRecordLimit, `the record is longer than ${versionedRecordLimit} characters`)
  const deviations: Deviation<VersionedRecordDeviation>[] = []
  const note = (code: VersionedRecordDeviation, at: number, raw: string) =>
    deviations.push({ code, at, raw: raw.slice(0, deviationRawLimit) })
  const fields = new Map<string, RecordField>()
  const version = `v=${form.version}`
  const first = skipBlanks(text, version.length)
  if (first > version.length && first < text.length) note('record-blank-after-version', version.length, text)
  for (let at = first + 1; at <= text.length; ) {
    const semicolon = text.indexOf(';', at)
    const end = semicolon === -1 ? text.length : semicolon
    const from = Math.min(skipBlanks(text, at), end)
    at = end + 1
    // What follows the last semicolon may be nothing.
    if (from === end && semicolon === -1) break
    const field = readField(text, from, endBeforeBlanks(text, from, end), form)
    if (field.ok) keepFirst(fields, field.value, note)
    else if (form.lenient) note('record-field-ignored', from, text.slice(from, end))
    else return field
    if (semicolon === -1 && endBeforeBlanks(text, from, end) < end) note('record-blank-at-end', from, text.slice(from))
  }
  return { ok: true, value: { text, fields, deviations } }
}

function keepFirst(
  fields: Map<string, RecordField>,
  field: RecordField,
  note: (code: VersionedRecordDeviation, at: number, raw: string) => void,
): void {
  if (fields.has(field.name)) note('record-field-repeated', field.at, `${field.name}=${field.value}`)
  else fields.set(field.name, field)
}

const fieldName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/
/** RFC 8461 s3.1, sts-ext-value: visible ASCII but for the equals sign and the semicolon. */
const extensionValue = /^[\x21-\x3a\x3c\x3e-\x7e]+$/

function readField(
  text: string,
  from: number,
  end: number,
  form: RecordForm,
): Result<RecordField, VersionedRecordFault> {
  if (from === end) return invalid('record-field-empty', from, 'a field is empty')
  const equals = text.indexOf('=', from)
  const name = equals === -1 || equals >= end ? '' : text.slice(from, equals)
  if (!fieldName.test(name))
    return invalid('record-field-syntax', from, `"${cut(text.slice(from, end))}" is no field of the form name=value`)
  const value = text.slice(equals + 1, end)
  if (!form.known.includes(name) && !extensionValue.test(value))
    return invalid('record-field-syntax', from, `the value of "${name}" is empty or holds a character it may not hold`)
  return { ok: true, value: { name, value, at: from } }
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at += 1
  return at
}

function endBeforeBlanks(text: string, from: number, to: number): number {
  let end = to
  while (end > from && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1
  return end
}

function cut(text: string): string {
  return text.slice(0, deviationRawLimit)
}

function invalid(
  code: VersionedRecordFault,
  at: number,
  text: string,
): { readonly ok: false; readonly fault: Fault<VersionedRecordFault> } {
  return { ok: false, fault: { code, at, text } }
}
