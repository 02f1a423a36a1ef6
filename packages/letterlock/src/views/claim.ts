import type { Claim, Link, Sentence } from '@letterlock/contract'
import { type ReporterName, unknownReporter } from './dictionary.ts'

/** Reporters that a claim names, those with the most first; the others are one line. */
export const namedReportersLimit = 12

/** What one reporter contributed to a statement. */
export interface Contribution {
  /** Id of the reporter. */
  readonly reporter: number
  /** Reports, messages or sessions. */
  readonly count: number
}

/** What is counted, for one and for many. */
type Unit = readonly [one: string, many: string]

/** Numbers in sentences, in plain English digits. */
export function numberText(value: number): string {
  return value.toLocaleString('en')
}

/** One message, two messages. */
export function counted(value: number, one: string, many: string): string {
  return `${numberText(value)} ${value === 1 ? one : many}`
}

/** An input in words. */
export function said(text: string): Sentence {
  return [{ text, link: null }]
}

/** The contributions that a claim names. */
export function leadingContributions(all: readonly Contribution[]): readonly Contribution[] {
  return [...all].sort((a, b) => b.count - a.count || a.reporter - b.reporter).slice(0, namedReportersLimit)
}

/** What reporters say: other parties said it. Names are needed of the leading contributions only. */
export function reportedBy(
  all: readonly Contribution[],
  input: {
    readonly names: ReadonlyMap<number, ReporterName>
    readonly unit: Unit
    /** The rows of one reporter. */
    readonly linkTo: (reporter: string) => Link
  },
): Claim {
  const leading = leadingContributions(all)
  const from = leading.map(({ reporter, count }): Sentence => {
    const { key, name } = input.names.get(reporter) ?? unknownReporter
    return [
      // A reporter without a domain of its own has its name as key.
      { text: `${key === '' || name.toLowerCase() === key ? name : `${name} (${key})`}: `, link: null },
      { text: counted(count, ...input.unit), link: input.linkTo(key) },
    ]
  })
  if (all.length > leading.length) {
    const rest = sumOf(all) - sumOf(leading)
    from.push(said(`${counted(all.length - leading.length, 'other', 'others')}: ${counted(rest, ...input.unit)}`))
  }
  return { level: 'reported', text: `reported by ${all.length}`, from, rule: null }
}

function sumOf(contributions: readonly Contribution[]): number {
  return contributions.reduce((sum, { count }) => sum + count, 0)
}
