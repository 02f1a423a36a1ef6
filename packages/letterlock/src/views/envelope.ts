import { type Claim, type Coverage, reportKinds, type Scope } from '@letterlock/contract'
import type { Catalogue } from '@letterlock/posture'
import type { Kysely } from 'kysely'
import type { Database, ReportKind } from '../store/schema.ts'
import { type Contribution, leadingContributions, reportedBy } from './claim.ts'
import {
  type CoveredMessages,
  coverageOf,
  coveredMessages,
  type ReportDays,
  reportDays,
  silentReporters,
} from './coverage.ts'
import { type ReporterName, reporterNames } from './dictionary.ts'
import type { ResolvedScope } from './scope.ts'

/** What a view is made from. */
export interface ViewContext {
  readonly db: Kysely<Database>
  readonly scope: ResolvedScope
  /** Names of senders and what is known of services. */
  readonly catalogue: Catalogue
  readonly organizationalDomain: (name: string) => string
  /** Seconds since 1970. */
  readonly now: number
}

/** An aggregate answer: the scope used, how much it covers, how the numbers are known, the numbers. */
export interface Answer<T> {
  readonly scope: Scope
  readonly coverage: Coverage
  readonly claim: Claim
  readonly data: T
}

/** What an answer says of its coverage, begun beside the other queries of a view that does not count it itself. */
export async function coverageParts(
  { db, scope }: ViewContext,
  kinds: readonly ReportKind[],
): Promise<{ readonly days: ReportDays; readonly messages: CoveredMessages }> {
  const [days, messages] = await Promise.all([reportDays(db, scope, kinds), coveredMessages(db, scope)])
  return { days, messages }
}

/** Puts an answer together; what the view counted already is not counted again. */
export async function answer<T>(
  context: ViewContext,
  input: {
    readonly kinds: readonly ReportKind[]
    readonly data: T
    readonly days?: ReportDays
    readonly messages?: CoveredMessages
    readonly claim?: Claim
  },
): Promise<Answer<T>> {
  const { db, scope } = context
  const [days, messages] = await Promise.all([
    input.days ?? reportDays(db, scope, input.kinds),
    input.messages ?? coveredMessages(db, scope),
  ])
  const contributions = days.reporters.map(({ id, reports }) => ({ reporter: id, count: reports }))
  const names = await reporterNames(db, [
    ...leadingContributions(contributions).map(({ reporter }) => reporter),
    ...silentReporters(days).map(({ id }) => id),
  ])
  return {
    scope: scope.shown,
    coverage: coverageOf(scope, { days, messages, names }),
    claim: input.claim ?? reportsClaim(contributions, names, input.kinds),
    data: input.data,
  }
}

/** Counted reports are what every number of an aggregate rests on. */
function reportsClaim(
  contributions: readonly Contribution[],
  names: ReadonlyMap<number, ReporterName>,
  kinds: readonly ReportKind[],
): Claim {
  return reportedBy(contributions, {
    names,
    unit: ['report', 'reports'],
    linkTo: reporter => ({
      screen: 'reports',
      id: null,
      query: { reporter: [reporter], ...(kinds.length < reportKinds.length && { kind: [...kinds] }) },
    }),
  })
}
