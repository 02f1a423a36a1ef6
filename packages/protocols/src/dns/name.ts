import type { Result } from '../fault.ts'

/** Octets of one label (RFC 1035 s2.3.4, DNS-001). */
export const labelOctetsLimit = 63

/** Octets of a name on the wire, length octets and the root included (RFC 1035 s2.3.4, DNS-001). */
export const nameOctetsLimit = 255

/** Pointers followed in one name: a legal name has at most 127 labels, so more can only be an attack. */
export const pointersLimit = 127

export type NameFault =
  | 'dns-name-empty-label'
  | 'dns-name-label-long'
  | 'dns-name-long'
  | 'dns-name-escape'
  | 'dns-name-character'

const backslash = 0x5c
const dot = 0x2e

/** Names as nearly all are: nothing escaped, no label too long, no final dot. */
const plainName = /^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/

/** Characters of such a name, which takes two octets more on the wire. */
const plainNameLimit = nameOctetsLimit - 2

/**
 * A name in text form as its labels (RFC 1035 s5.1: `\.` and `\DDD` stand for octets). The final dot may be left out;
 * `''` and `'.'` are the root. Each label is text of one character per octet (latin1); a character beyond that is refused,
 * since names in other scripts are asked for as A-labels (DNS-007).
 */
export function parseNameText(text: string): Result<readonly string[], NameFault> {
  if (text === '' || text === '.') return { ok: true, value: [] }
  if (text.length <= plainNameLimit && plainName.test(text)) return { ok: true, value: text.split('.') }
  const labels: string[] = []
  let label = ''
  let octets = 1
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : dot
    if (code === dot) {
      // A final dot closes the last label; nothing follows it.
      if (label === '' && at === text.length && at > 0) break
      const fault = labelFault(label, at)
      if (fault !== null) return { ok: false, fault }
      octets += label.length + 1
      if (octets > nameOctetsLimit)
        return { ok: false, fault: { code: 'dns-name-long', at, text: `the name exceeds ${nameOctetsLimit} octets` } }
      labels.push(label)
      label = ''
      continue
    }
    if (code > 0xff)
      return { ok: false, fault: { code: 'dns-name-character', at, text: 'a character stands for no octet' } }
    if (code !== backslash) {
      label += text.charAt(at)
      continue
    }
    const escaped = readEscape(text, at)
    if (escaped === null)
      return { ok: false, fault: { code: 'dns-name-escape', at, text: 'a backslash stands before no octet' } }
    label += escaped.octet
    at = escaped.last
  }
  return { ok: true, value: labels }
}

function labelFault(label: string, at: number): { code: NameFault; at: number; text: string } | null {
  if (label === '') return { code: 'dns-name-empty-label', at, text: 'a label is empty' }
  if (label.length > labelOctetsLimit)
    return { code: 'dns-name-label-long', at, text: `a label exceeds ${labelOctetsLimit} octets` }
  return null
}

function readEscape(text: string, at: number): { octet: string; last: number } | null {
  const decimal = text.slice(at + 1, at + 4)
  if (/^[0-9]{3}$/.test(decimal)) {
    const value = Number(decimal)
    return value > 255 ? null : { octet: String.fromCharCode(value), last: at + 3 }
  }
  const next = text.charAt(at + 1)
  return next === '' ? null : { octet: next, last: at + 1 }
}

/** Labels in text form without the final dot; octets that the text form cannot show stand as `\DDD`. */
export function formatName(labels: readonly string[]): string {
  return labels.map(formatLabel).join('.')
}

function formatLabel(label: string): string {
  if (/^[A-Za-z0-9_*-]+$/.test(label)) return label
  return label.replace(/[^!-~]|[.\\"();@$]/g, octet =>
    octet > ' ' && octet <= '~' ? `\\${octet}` : `\\${String(octet.charCodeAt(0)).padStart(3, '0')}`,
  )
}

/** Two names in text form are the same name: ASCII letters without case, the final dot does not count (DNS-002). */
export function isSameName(a: string, b: string): boolean {
  return canonicalName(a) === canonicalName(b)
}

/** A name in text form as a key: lower case, no final dot. */
export function canonicalName(name: string): string {
  // Only ASCII letters have a second case here, and most names come in lower case.
  const lower = /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, letters => letters.toLowerCase()) : name
  return withoutFinalDot(lower)
}

/** A name in text form without its final dot; a dot behind a backslash is an octet of the last label. */
export function withoutFinalDot(name: string): string {
  if (!name.endsWith('.')) return name
  let backslashes = 0
  while (name.charCodeAt(name.length - 2 - backslashes) === backslash) backslashes += 1
  return backslashes % 2 === 0 ? name.slice(0, -1) : name
}
