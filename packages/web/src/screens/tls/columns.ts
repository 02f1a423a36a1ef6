import { tlsText } from '../../messages/tls.ts'

/** Result types of RFC 8460 s4.3 in the groups of the screen. */
const resultGroups = [
  { name: 'starttls', types: ['starttls-not-supported'] },
  { name: 'certificate', types: ['certificate-host-mismatch', 'certificate-expired', 'certificate-not-trusted'] },
  { name: 'other', types: ['validation-failure'] },
  { name: 'dane', types: ['tlsa-invalid', 'dnssec-invalid', 'dane-required'] },
  { name: 'mta-sts', types: ['sts-policy-fetch-error', 'sts-policy-invalid', 'sts-webpki-invalid'] },
] as const

type KnownType = (typeof resultGroups)[number]['types'][number]

export interface Column {
  readonly type: string
  readonly text: string
  /** It begins a group. */
  readonly isFirst: boolean
}

export interface ColumnGroup {
  readonly name: string
  readonly columns: readonly Column[]
}

/** The columns for the types of an answer: those of the standard in their groups, others in one of their own. */
export function columnGroups(types: readonly string[]): readonly ColumnGroup[] {
  const known: ReadonlySet<string> = new Set(resultGroups.flatMap(group => group.types))
  const further = types.filter(type => !known.has(type))
  const groups = resultGroups.map(group => ({
    name: tlsText(group.name),
    columns: group.types.map((type: KnownType, index) => ({ type, text: tlsText(type), isFirst: index === 0 })),
  }))
  if (further.length === 0) return groups
  const columns = further.map((type, index) => ({ type, text: type, isFirst: index === 0 }))
  return [...groups, { name: tlsText('further'), columns }]
}

/** How a number of failed sessions is drawn: 0 quiet, under 20 outlined, under 100 soft, else filled. */
export function weightOf(sessions: number): 'zero' | 'outlined' | 'soft' | 'filled' {
  if (sessions === 0) return 'zero'
  if (sessions < 20) return 'outlined'
  return sessions < 100 ? 'soft' : 'filled'
}
