import type { SpfEvaluation, SpfLookup } from '@letterlock/protocols'
import type { Difference } from './findings.ts'
import type { SpfCase } from './spf-cases.ts'

/** What another implementation said. */
export interface SpfTold {
  readonly result: string
  readonly text: string
  readonly explanation: string | null
}

export interface SpfSeen {
  readonly given: SpfCase
  readonly ours: SpfEvaluation
  readonly theirs: SpfTold
}

/** Look-ups that found nothing if every query counts: those of `ptr` too, and hosts of the other address family. */
function voidsWithoutExceptions({ lookups }: SpfEvaluation): number {
  return lookups.filter(({ isVoid, term }, at) => at > 0 && isVoid && !isOurOwn(term)).length
}

/** Questions beyond what a term asks: the explanation, and whether a name has addresses of the other family. */
function isOurOwn(term: string): boolean {
  return term.startsWith('exp=') || term === 'other address family'
}

function asksForMxHosts({ isVoid, term, type }: SpfLookup): boolean {
  return isVoid && /^[+\-?~]?mx/i.test(term) && (type === 'A' || type === 'AAAA')
}

/** Look-ups that find nothing if the addresses of every MX host are asked for, also behind the one that matches. */
function voidsOfEveryMxHost({ given, ours }: SpfSeen): number {
  const addresses = { ...(given.ip.includes(':') && !given.ip.includes('.') ? given.zone.aaaa : given.zone.a) }
  const hosts = ours.lookups.flatMap(({ type, answer }) =>
    type === 'MX' && answer.outcome.kind === 'records' ? answer.outcome.records : [],
  )
  const missing = hosts.filter(host => host.type === 'MX' && addresses[host.exchange] === undefined)
  return voidsWithoutExceptions(ours) - ours.lookups.filter(asksForMxHosts).length + missing.length
}

function explanationsOf({ given }: SpfSeen): readonly string[] {
  return [given.zone.txt?.['e.example.org'] ?? []].flat()
}

/** The local-part is not ASCII, and a record makes a name of it. */
function usesForeignLocalPart(seen: SpfSeen): boolean {
  return /[^ -~]/.test(seen.given.sender) && records(seen).some(text => /%\{[sl]/i.test(text))
}

function records({ given }: SpfSeen): readonly string[] {
  return Object.values(given.zone.txt ?? {}).flat()
}

function isOnExplanation({ ours, theirs }: SpfSeen): boolean {
  return ours.result === 'fail' && theirs.result === 'fail'
}

const endsOnVoids = ({ ours, theirs }: SpfSeen) =>
  theirs.result === 'permerror' &&
  /void/i.test(theirs.text) &&
  (ours.problem === null || ours.problem.code === 'dns-temporary')

export const differencesOfPython: readonly Difference<SpfSeen>[] = [
  {
    entry: 'SPF-075',
    what: 'Void look-ups: ours does not count the queries of `ptr`, and takes back names that have addresses of the other family; pyspf counts every query',
    explains: seen => endsOnVoids(seen) && voidsWithoutExceptions(seen.ours) > 2,
  },
  {
    entry: 'SPF-056',
    what: 'A name of a reverse look-up that cannot be resolved is skipped; in pyspf it ends the evaluation with temperror',
    explains: ({ ours, theirs }) =>
      theirs.result === 'temperror' &&
      ours.lookups.some(
        ({ term, type, answer }) =>
          /^[+\-?~]?ptr|%\{p/i.test(term) && type !== 'PTR' && answer.outcome.kind === 'temporary',
      ),
  },
  {
    entry: 'SPF-055',
    what: 'The hosts of `mx` are asked for one by one until an address matches, and so are the void look-ups counted; pyspf asks for all of them first',
    explains: seen => endsOnVoids(seen) && voidsOfEveryMxHost(seen) > 2,
  },
  {
    entry: 'SPF-077',
    what: 'An explanation is fetched when the result stands: the look-ups behind a `%{p}` in it count towards no limit; pyspf expands it before, and counts them',
    explains: seen =>
      (endsOnVoids(seen) || (isOnExplanation(seen) && seen.theirs.explanation === null)) &&
      explanationsOf(seen).some(text => /%\{p/i.test(text)),
  },
  {
    entry: 'SPF-050',
    what: 'A match ends the evaluation, so a `%{p}` in a later term asks nothing; pyspf expands the terms of a record before, and counts the look-ups',
    explains: seen => endsOnVoids(seen) && records(seen).some(text => /%\{p/i.test(text)),
  },
  {
    entry: 'SPF-088',
    what: 'With a local-part that is not ASCII, a term with `%{s}` or `%{l}` matches nothing, and nothing is asked for; pyspf asks for the name',
    explains: seen => seen.theirs.result === 'permerror' && seen.ours.problem === null && usesForeignLocalPart(seen),
  },
  {
    entry: 'SPF-044',
    what: 'A digit transformer of zero is a syntax error; pyspf takes it for none',
    explains: ({ ours }) => ours.problem?.text === 'a digit transformer must not be zero',
  },
  {
    entry: 'SPF-042',
    what: 'A `%{` without its `}` is a syntax error; pyspf takes it as text',
    explains: seen =>
      seen.ours.problem?.text === 'a "%" begins no macro' && records(seen).some(text => /%\{[^}]*( |$)/.test(text)),
  },
  {
    entry: 'SPF-042',
    what: '`%%` at the end of an explanation is a percent sign; pyspf drops the explanation',
    explains: seen =>
      isOnExplanation(seen) && seen.theirs.explanation === null && /%$/.test(seen.ours.explanation ?? ''),
  },
  {
    entry: 'SPF-076',
    what: 'A record that includes its own name runs into the limit of ten terms, or is left by a match before; pyspf refuses it as a whole',
    explains: ({ theirs }) => theirs.text.includes('include has trivial recursion'),
  },
  {
    entry: 'SPF-071',
    what: 'A name with more than ten MX hosts, where one of the first ten matches: the eleventh is never asked for; pyspf refuses the list',
    explains: ({ theirs }) => theirs.text.includes('More than 10 MX records returned'),
  },
  {
    entry: 'SPF-040',
    what: 'An unknown modifier may stand more than once; pyspf refuses the second',
    explains: ({ theirs }) => /MUST appear at most once: moo=/.test(theirs.text),
  },
  {
    entry: 'SPF-081',
    what: 'Nibbles of an IPv6 address in lower case; pyspf writes them in upper case',
    explains: seen =>
      isOnExplanation(seen) &&
      seen.ours.explanation !== null &&
      seen.ours.explanation.toLowerCase() === seen.theirs.explanation?.toLowerCase(),
  },
  {
    entry: 'SPF-061',
    what: 'An explanation that is not ASCII after its macros, or has a syntax error, counts as none; pyspf gives it out',
    explains: seen =>
      isOnExplanation(seen) && seen.ours.explanation === null && /[^ -~]|%\{$/.test(seen.theirs.explanation ?? ''),
  },
]

export const differencesOfMailauth: readonly Difference<SpfSeen>[] = [
  {
    entry: 'SPF-075',
    what: 'Void look-ups: ours does not count the query of `ptr`, and takes back names that have addresses of the other family; mailauth counts both',
    explains: seen => endsOnVoids(seen) && voidsWithoutExceptions(seen.ours) > 2,
  },
  {
    entry: 'SPF-075',
    what: 'Void look-ups: ours counts each host of `mx` that has no address; mailauth counts the term once',
    explains: ({ ours }) => ours.problem?.code === 'void-lookups-limit' && ours.lookups.some(asksForMxHosts),
  },
  {
    entry: 'SPF-043',
    what: '`%{c}`, `%{r}` and `%{t}` belong to explanations: in the value of an unknown modifier they are a syntax error; mailauth lets them through there',
    explains: seen =>
      seen.ours.problem?.text.endsWith('is for explanations only') === true &&
      records(seen).some(text => / foo=%\{c\}/.test(text)),
  },
]
