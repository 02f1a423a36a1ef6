import type { DmarcReading } from '@letterlock/protocols'
import type { DmarcCase } from './dmarc-cases.ts'
import type { Difference } from './findings.ts'

/** What another implementation said. */
export interface DmarcTold {
  readonly result: string
  /** Policy that applies; null where none does. */
  readonly policy: string | null
  readonly text: string
}

export interface DmarcSeen {
  readonly given: DmarcCase
  readonly ours: DmarcReading
  readonly theirs: DmarcTold
}

function recordOf({ ours }: DmarcSeen) {
  return 'record' in ours.finding ? ours.finding.record : null
}

/** Records that stand at the names of the case. */
function textsOf({ given }: DmarcSeen): readonly string[] {
  return Object.values(given.zone.txt ?? {}).flat()
}

/** Ours reads a policy, and reads it as none because a policy tag is missing or unusable. */
const actsAsNone = ({ ours }: DmarcSeen) => ours.finding.kind === 'policy' && ours.finding.tag === null

const isUnusable = ({ ours }: DmarcSeen) => ours.finding.kind === 'unusable'

const hasText = (form: RegExp) => (seen: DmarcSeen) => textsOf(seen).some(text => form.test(text))

/** The record is written as the grammar allows and seldom seen: blanks round the equals sign, or `V`. */
const hasOddVersion = hasText(/^V = DMARC1/)

/** Blanks before the version, or something else than a semicolon behind it. */
const isNoRecord = hasText(/^ |^v=DMARC1(?! *(;|$))/)

function hasRepeatedTag(seen: DmarcSeen): boolean {
  return textsOf(seen).some(text => {
    const names = text.split(';').map(tag => tag.split('=')[0]?.trim().toLowerCase() ?? '')
    return names.some((name, at) => name !== '' && names.indexOf(name) !== at)
  })
}

function isOwnRecord({ ours, given }: DmarcSeen): boolean {
  return ours.finding.kind === 'policy' && ours.finding.policyDomain === given.author.toLowerCase()
}

/** Several records at the Author Domain. */
function hasSeveralRecords({ given }: DmarcSeen): boolean {
  const texts = [given.zone.txt?.[`_dmarc.${given.author.toLowerCase()}`] ?? []].flat()
  return texts.filter(text => text.startsWith('v=DMARC1')).length > 1
}

/** The Author Domain or an identifier is below a name that is a public suffix by the private part of the list. */
function isBelowPrivateSuffix({ given }: DmarcSeen): boolean {
  return [given.author, given.spf, given.dkim].some(name => name?.toLowerCase().endsWith('.github.io'))
}

export const differencesOfPython: readonly Difference<DmarcSeen>[] = [
  {
    entry: 'DMARC-059',
    what: 'A record without a usable policy and without a usable `rua` is `permerror`; with authheaders it is `none`, or applied as it stands',
    explains: isUnusable,
  },
  {
    entry: 'DMARC-043',
    what: 'A record without a usable policy but with a usable `rua` acts as `p=none`; with authheaders it is `none`, or applied as it stands',
    explains: actsAsNone,
  },
  {
    entry: 'DMARC-005',
    what: 'An element that is no tag is skipped, and the rest of the record is read',
    explains: seen => seen.theirs.result === 'exception' && hasText(/; ?(xyz|=)?;|xyz/)(seen),
  },
  {
    entry: 'DMARC-005',
    what: '`adkim` and `aspf` with another value count as `r`, so relaxed alignment stays',
    explains: seen =>
      seen.ours.result === 'pass' && seen.theirs.result === 'fail' && hasText(/adkim=x|aspf= *(;|$)/)(seen),
  },
  {
    entry: 'DMARC-008',
    what: 'A tag given twice: the first counts; the last with authheaders',
    explains: hasRepeatedTag,
  },
  {
    entry: 'DMARC-006',
    what: '`v` in any case and with blanks round its equals sign; authheaders wants `v=DMARC1` letter by letter',
    explains: hasOddVersion,
  },
  {
    entry: 'DMARC-003',
    what: 'Behind `v=DMARC1` comes a semicolon or the end; authheaders does not look on',
    explains: isNoRecord,
  },
  {
    entry: 'DMARC-041',
    what: 'By its own record the policy of a domain is `p`, whatever `sp` and `np` say',
    explains: seen => isOwnRecord(seen) && (recordOf(seen)?.sp !== null || recordOf(seen)?.np !== null),
  },
  {
    entry: 'DCHG-001',
    what: 'RFC 7489 knows no `np`; authheaders applies it by RFC 9091',
    explains: seen => recordOf(seen)?.np !== null && recordOf(seen) !== null && !isOwnRecord(seen),
  },
  {
    entry: 'DCHG-001',
    what: 'Several records at the Author Domain end the search by RFC 7489; authheaders goes on to the organization',
    explains: seen => seen.ours.result === 'none' && hasSeveralRecords(seen),
  },
  {
    entry: 'DCHG-001',
    what: 'Of the public suffix list the ICANN part counts; the whole list with authheaders',
    explains: isBelowPrivateSuffix,
  },
]

export const differencesOfMailauth: readonly Difference<DmarcSeen>[] = [
  {
    entry: 'DMARC-059',
    what: 'A record without a usable policy and without a usable `rua` is `permerror`; `none` with mailauth',
    explains: seen => isUnusable(seen) && seen.theirs.result === 'none',
  },
  {
    entry: 'DMARC-008',
    what: 'A tag given twice: the first counts; mailauth drops the record',
    explains: hasRepeatedTag,
  },
  {
    entry: 'DMARC-007',
    what: 'Tag names in any case of letters; mailauth compares exactly',
    explains: hasText(/; ?(P|SP)=/),
  },
  {
    entry: 'DMARC-009',
    what: 'A text with blanks before its version is no record; mailauth takes them away',
    explains: hasText(/^ v=DMARC1/),
  },
]
