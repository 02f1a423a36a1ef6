import type { DkimResult, Reason, SpfResult } from '@letterlock/protocols'

/*
 * Results and reasons of a row as stored: a set, so the order in which a reporter lists them and repetitions make no
 * difference. The JSON is canonical: the same set always gives the same text.
 */

const emptySet = '[]'

export function dkimMembers(results: readonly DkimResult[]): string {
  return canonical(results, ({ domain, selector, result, rawResult, humanResult }) => ({
    domain,
    selector,
    result,
    ...(rawResult === undefined ? {} : { rawResult }),
    humanResult,
  }))
}

export function spfMembers(results: readonly SpfResult[]): string {
  return canonical(results, ({ domain, scope, result, rawResult, humanResult }) => ({
    domain,
    scope,
    result,
    ...(rawResult === undefined ? {} : { rawResult }),
    humanResult,
  }))
}

export function reasonMembers(reasons: readonly Reason[]): string {
  return canonical(reasons, ({ type, rawType, comment, arc }) => ({
    type,
    ...(rawType === undefined ? {} : { rawType }),
    comment,
    arc,
  }))
}

function canonical<T>(members: readonly T[], ordered: (member: T) => object): string {
  const [first] = members
  if (first === undefined) return emptySet
  if (members.length === 1) return `[${JSON.stringify(ordered(first))}]`
  const texts = [...new Set(members.map(member => JSON.stringify(ordered(member))))]
  return `[${texts.sort().join(',')}]`
}

/** The members of a stored set. The JSON is our own, written by the functions above. */
export function readDkimMembers(members: string): readonly DkimResult[] {
  return JSON.parse(members)
}

export function readSpfMembers(members: string): readonly SpfResult[] {
  return JSON.parse(members)
}
