import type { Result } from '../fault.ts'
import {
  parseVersionedRecord,
  type RecordForm,
  type RecordSelection,
  selectRecord,
  type VersionedRecord,
  type VersionedRecordFault,
} from './versioned-record.ts'

export type StsRecordFault = VersionedRecordFault | 'sts-id-missing' | 'sts-id-value'

/** A TXT record at `_mta-sts.` and the Policy Domain (RFC 8461 s3.1). */
export interface StsRecord extends VersionedRecord {
  /** Names one instance of the policy; there is no order among ids. */
  readonly id: string
}

export interface StsRecordOptions {
  /** STS-012, STS-015: the looser reading. Strict by default. */
  readonly lenient?: boolean
}

function formOf(options: StsRecordOptions): RecordForm {
  return { version: 'STSv1', known: ['id'], lenient: options.lenient ?? false }
}

/**
 * The record among all TXT texts of the name; each text is the strings of one record joined, one character per octet
 * (`txtText`). Only the kind `record` is a policy to be fetched; every other kind leaves a cached policy in force
 * (STS-011, STS-053).
 */
export function selectStsRecord(
  texts: readonly string[],
  options: StsRecordOptions = {},
): RecordSelection<StsRecordFault, StsRecord> {
  return selectRecord(texts, formOf(options), text => parseStsRecord(text, options))
}

/** Reads one text that begins with the version (RFC 8461 s3.1). */
export function parseStsRecord(text: string, options: StsRecordOptions = {}): Result<StsRecord, StsRecordFault> {
  const parsed = parseVersionedRecord(text, formOf(options))
  if (!parsed.ok) return parsed
  const id = parsed.value.fields.get('id')
  if (id === undefined)
    return { ok: false, fault: { code: 'sts-id-missing', at: text.length, text: 'the record has no "id"' } }
  // STS-013: the first id counts, also when a second one would be legal.
  if (!/^[A-Za-z0-9]{1,32}$/.test(id.value))
    return {
      ok: false,
      fault: { code: 'sts-id-value', at: id.at, text: 'the id is not 1 to 32 letters and digits' },
    }
  return { ok: true, value: { ...parsed.value, id: id.value } }
}

/** The text to publish (STS-005): no blank before the first semicolon, whatever the grammar allows. */
export function formatStsRecord(id: string): string {
  return `v=STSv1; id=${id};`
}

/** An id nobody has used before, by the second (STS-005, STS-097). `now` in milliseconds since 1970. */
export function stsIdAt(now: number): string {
  return new Date(now)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.[0-9]{3}/, '')
}
