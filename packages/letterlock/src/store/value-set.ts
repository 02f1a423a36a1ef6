import type { DkimResult, Reason, SpfResult } from '@letterlock/protocols'

/*
 * Results and reasons of a row as stored: a set, so the order in which a reporter lists them and repetitions make no
 * difference. The JSON is canonical: the same set always gives the same text.
 */

const emptySet = '[]'

export function dkimMembers(results: readonly DkimResult[]): string {
  if (results.length === 0) return emptySet
  let spelled = 'dkim'
  for (const { domain, selector, result, rawResult, humanResult } of results)
    spelled += spelling(domain) + spelling(selector) + result + spelling(rawResult) + spelling(humanResult)
  return remembered(spelled, results, ({ domain, selector, result, rawResult, humanResult }) => ({
    domain,
    selector,
    result,
    ...(rawResult === undefined ? {} : { rawResult }),
    humanResult,
  }))
}

export function spfMembers(results: readonly SpfResult[]): string {
  if (results.length === 0) return emptySet
  let spelled = 'spf'
  for (const { domain, scope, result, rawResult, humanResult } of results)
    spelled += spelling(domain) + spelling(scope) + result + spelling(rawResult) + spelling(humanResult)
  return remembered(spelled, results, ({ domain, scope, result, rawResult, humanResult }) => ({
    domain,
    scope,
    result,
    ...(rawResult === undefined ? {} : { rawResult }),
    humanResult,
  }))
}

export function reasonMembers(reasons: readonly Reason[]): string {
  if (reasons.length === 0) return emptySet
  return canonical(reasons, ({ type, rawType, comment, arc }) => ({
    type,
    ...(rawType === undefined ? {} : { rawType }),
    comment,
    arc,
  }))
}

/** Characters of spellings and texts that are remembered: some 8,000 sets of usual length, or 4 MB. */
const rememberedCharacters = 4_194_304

/** Texts of sets by how a reporter spelled them: rows repeat a few, and a look-up costs a fifth of making the text. */
const texts = new Map<string, string>()
let characters = 0

/** A value as part of a spelling; its length keeps values apart whatever they hold. */
function spelling(value: string | null | undefined): string {
  if (value === null) return '-'
  return value === undefined ? '?' : `${value.length}:${value}`
}

function remembered<T>(spelled: string, members: readonly T[], ordered: (member: T) => object): string {
  const known = texts.get(spelled)
  if (known !== undefined) return known
  const text = canonical(members, ordered)
  characters += spelled.length + text.length
  if (characters > rememberedCharacters) {
    texts.clear()
    characters = spelled.length + text.length
  }
  texts.set(spelled, text)
  return text
}

function canonical<T>(members: readonly T[], ordered: (member: T) => object): string {
  const [first] = members
  if (first === undefined) return emptySet
  if (members.length === 1) return `[${JSON.stringify(ordered(first))}]`
  const distinct = [...new Set(members.map(member => JSON.stringify(ordered(member))))]
  return `[${distinct.sort().join(',')}]`
}

/** The members of a stored set. The JSON is our own, written by the functions above. */
export function readDkimMembers(members: string): readonly DkimResult[] {
  return JSON.parse(members)
}

export function readSpfMembers(members: string): readonly SpfResult[] {
  return JSON.parse(members)
}
