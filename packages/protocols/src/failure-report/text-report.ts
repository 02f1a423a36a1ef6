import { Buffer } from 'node:buffer'
import { asBuffer } from '../message/header.ts'

/** Bytes of a text that are searched for labels; the texts seen have some hundred before the copy of the message. */
export const labelTextLimit = 8_192

/** What a text for people says by its labels, and the header block it copies (report-tolerance 122). */
export interface TextReport {
  readonly labels: ReadonlyMap<string, string>
  readonly original: Uint8Array | null
}

/** True where a text for people reads like a failure report without a machine-readable part. */
export function looksLikeTextFailureReport(text: Uint8Array): boolean {
  const { labels } = readTextReport(text)
  return labels.has('sender domain') && (labels.has('sender ip address') || labels.has('sender ip'))
}

/** Reads lines of `Label: value` up to the copy of the message, whose start is a line of dashes and words. */
export function readTextReport(text: Uint8Array): TextReport {
  const bytes = asBuffer(text)
  const start = bytes.toString('latin1', 0, labelTextLimit)
  const copy = /^-{3,}[^\n]*\b(?:headers?|message)\b[^\n]*\r?\n(?:[ \t]*\r?\n)*/im.exec(start)
  const labelled = copy === null ? start : start.slice(0, copy.index)
  const labels = new Map<string, string>()
  for (const line of labelled.split('\n')) {
    const match = /^[ \t]{0,20}([A-Za-z][A-Za-z -]{1,40}):[ \t]*(.*?)\s*$/.exec(line)
    const name = match?.[1]?.trim().toLowerCase()
    if (name !== undefined && !labels.has(name)) labels.set(name, match?.[2] ?? '')
  }
  const original = copy === null ? null : Buffer.from(bytes.subarray(copy.index + copy[0].length))
  return { labels, original }
}
