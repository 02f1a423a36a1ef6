import type { RequestedPolicy } from '../aggregate-report/report.ts'
import type { Deviation } from '../fault.ts'
import { deviationRawLimit } from '../fault.ts'
import { parseReportUris, type ReportUri } from './report-uri.ts'

/** Tags read of one record; a record of more cannot be meant for anybody. The rest is named as not read. */
export const tagsLimit = 100

/** A policy tag: absent, there but not readable, or a policy. The three stay apart (DMARC-043, DMARC-091). */
export type PolicyTag = RequestedPolicy | 'invalid' | null

export type DmarcDeviation =
  | 'dmarc-tag-repeated'
  | 'dmarc-tag-syntax'
  | 'dmarc-tag-empty'
  | 'dmarc-tag-case'
  | 'dmarc-tag-historic'
  | 'dmarc-tag-unknown'
  | 'dmarc-tags-limit'
  | 'dmarc-value'
  | 'dmarc-uri'

/** A record as read; tags that are absent or unusable hold their default (RFC 9989 s4.7). */
export interface DmarcRecord {
  readonly text: string
  readonly p: PolicyTag
  readonly sp: PolicyTag
  readonly np: PolicyTag
  readonly adkim: 'r' | 's'
  readonly aspf: 'r' | 's'
  readonly psd: 'y' | 'n' | 'u'
  readonly testing: boolean
  readonly rua: readonly ReportUri[]
  readonly ruf: readonly ReportUri[]
  /** The options asked for, in order; `['0']` by default, and without ruf. */
  readonly fo: readonly string[]
  /** Share of mail that receivers of RFC 7489 act on; those of RFC 9989 do not know it. */
  readonly pct: number
  /** What was read leniently or left out, in the order of the record. */
  readonly deviations: readonly Deviation<DmarcDeviation>[]
}

/** Whether a TXT text is a DMARC record: `v` first, its value exactly `DMARC1` (DMARC-003, DMARC-009). */
export function isDmarcRecord(text: string): boolean {
  return /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/.test(text)
}

interface Tag {
  readonly name: string
  readonly value: string
  readonly at: number
}

/**
 * Reads a record (RFC 9989 s4.8). Null where the text is none by its version; beyond that nothing throws a record
 * away: what cannot be read keeps the default of its tag and is listed (DMARC-005).
 */
export function parseDmarcRecord(text: string): DmarcRecord | null {
  if (!isDmarcRecord(text)) return null
  const deviations: Deviation<DmarcDeviation>[] = []
  const note = (code: DmarcDeviation, tag: { at: number; value: string }, value?: string) =>
    deviations.push({
      code,
      at: tag.at,
      raw: tag.value.slice(0, deviationRawLimit),
      ...(value === undefined ? {} : { value }),
    })
  const tags = readTags(text, note)
  const value = (name: string) => tags.get(name)
  const ruf = uris(value('ruf'), note)
  const fo = failureOptions(value('fo'), note)
  return {
    text,
    p: policyTag(value('p'), note),
    sp: policyTag(value('sp'), note),
    np: policyTag(value('np'), note),
    adkim: choice(value('adkim'), ['r', 's'], 'r', note),
    aspf: choice(value('aspf'), ['r', 's'], 'r', note),
    psd: choice(value('psd'), ['y', 'n', 'u'], 'u', note),
    testing: choice(value('t'), ['y', 'n'], 'n', note) === 'y',
    rua: uris(value('rua'), note),
    ruf,
    // Without ruf nobody is to be told anything, so fo says nothing (DMARC-019).
    fo: ruf.length === 0 ? ['0'] : fo,
    pct: percent(value('pct'), note),
    deviations,
  }
}

type Note = (code: DmarcDeviation, tag: { at: number; value: string }, value?: string) => void

const currentTags: ReadonlySet<string> = new Set([
  'v',
  'p',
  'sp',
  'np',
  'adkim',
  'aspf',
  'psd',
  't',
  'rua',
  'ruf',
  'fo',
])
const historicTags: ReadonlySet<string> = new Set(['pct', 'rf', 'ri'])

function readTags(text: string, note: Note): ReadonlyMap<string, Tag> {
  const tags = new Map<string, Tag>()
  let count = 0
  for (let at = 0; at <= text.length; ) {
    const semicolon = text.indexOf(';', at)
    const end = semicolon === -1 ? text.length : semicolon
    const element = text.slice(at, end)
    const from = at
    at = end + 1
    if (/^[ \t]*$/.test(element)) continue
    count += 1
    if (count > tagsLimit) {
      note('dmarc-tags-limit', { at: from, value: element })
      break
    }
    const tag = readTag(element, from)
    if (tag === null) note('dmarc-tag-syntax', { at: from, value: element })
    else addTag(tags, tag, note)
  }
  return tags
}

function readTag(element: string, at: number): Tag | null {
  const equals = element.indexOf('=')
  const name = withoutOuterBlanks(element.slice(0, Math.max(equals, 0)))
  // The value ends before the blanks at its end (DMARC-091).
  const value = withoutOuterBlanks(element.slice(equals + 1))
  return equals === -1 || !/^[A-Za-z]+$/.test(name) || /[^ -~\t]/.test(value) ? null : { name, value, at }
}

/** By hand: an expression for blanks at the end takes time with the square of the blanks elsewhere. */
function withoutOuterBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function addTag(tags: Map<string, Tag>, tag: Tag, note: Note): void {
  const name = tag.name.toLowerCase()
  // DMARC-007, looser reading: names without regard to case.
  if (name !== tag.name) note('dmarc-tag-case', { at: tag.at, value: tag.name }, name)
  if (historicTags.has(name)) note('dmarc-tag-historic', { at: tag.at, value: tag.name })
  else if (!currentTags.has(name)) note('dmarc-tag-unknown', { at: tag.at, value: tag.name })
  if (tag.value === '') note('dmarc-tag-empty', { at: tag.at, value: tag.name })
  // DMARC-008, looser reading: the first counts.
  if (tags.has(name)) note('dmarc-tag-repeated', { at: tag.at, value: tag.name })
  else tags.set(name, tag)
}

function policyTag(tag: Tag | undefined, note: Note): PolicyTag {
  if (tag === undefined) return null
  const value = tag.value.toLowerCase()
  if (value === 'none' || value === 'quarantine' || value === 'reject') return value
  note('dmarc-value', tag)
  return 'invalid'
}

function choice<Value extends string>(
  tag: Tag | undefined,
  values: readonly Value[],
  fallback: Value,
  note: Note,
): Value {
  if (tag === undefined) return fallback
  const found = values.find(value => value === tag.value.toLowerCase())
  if (found === undefined) note('dmarc-value', tag, fallback)
  return found ?? fallback
}

function uris(tag: Tag | undefined, note: Note): readonly ReportUri[] {
  if (tag === undefined) return []
  const { good, bad } = parseReportUris(tag.value)
  for (const fault of bad) note('dmarc-uri', { at: tag.at, value: fault.text })
  return good
}

/** RFC 9989 s4.8: 0 and 1 exclude each other and each stands once; read leniently (dmarc-changes, fo). */
function failureOptions(tag: Tag | undefined, note: Note): readonly string[] {
  if (tag === undefined) return ['0']
  const options = tag.value
    .toLowerCase()
    .split(':')
    .map(option => option.trim())
  const known = options.filter(option => /^[01ds]$/.test(option))
  const isClean =
    known.length === options.length &&
    new Set(known).size === known.length &&
    !(known.includes('0') && known.includes('1'))
  if (!isClean) note('dmarc-value', tag, known.join(':'))
  return known.length === 0 ? ['0'] : [...new Set(known)]
}

function percent(tag: Tag | undefined, note: Note): number {
  if (tag === undefined) return 100
  if (/^[0-9]{1,3}$/.test(tag.value) && Number(tag.value) <= 100) return Number(tag.value)
  note('dmarc-value', tag, '100')
  return 100
}
