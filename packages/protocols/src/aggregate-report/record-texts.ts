import { wellFormed } from '../xml/encoding.ts'
import type { DeviationLog } from './deviation-log.ts'
import { element } from './elements.ts'
import { textLimit } from './limits.ts'
import type { RecordDraft } from './record-draft.ts'

/** The text of an element without white space around it, and cut where it is too long; both are told. */
export function trimmed(log: DeviationLog, text: string, at: number): string {
  const inner = text.trim()
  if (inner.length !== text.length && inner !== '') log.add('value-padded', at, text, inner)
  if (inner.length <= textLimit) return inner
  log.add('text-long', at, inner)
  return wellFormed(inner.slice(0, textLimit))
}

/** Puts the text of an element into the record, by the part or entry that it stands in. */
export function putInRecord(record: RecordDraft, inside: number, found: number, text: string, at: number): void {
  if (found === element.sourceIp) record.source(text, at)
  else if (found === element.count) record.count(text, at)
  else if (inside === element.policyEvaluated) record.evaluation(found, text, at)
  else if (inside === element.identifiers) record.identifier(found, text, at)
  else record.entry(found, text, at)
}

/** A `dkim`, `spf` or `reason` element ends at `at`. */
export function endEntry(record: RecordDraft, found: number, at: number): void {
  if (found === element.dkim) record.endDkim(at)
  else if (found === element.spf) record.endSpf(at)
  else if (found === element.reason) record.endReason(at)
}
