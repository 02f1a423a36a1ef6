import type { Claim, DomainAnswer, Sentence } from '@letterlock/contract'
import { sql } from 'kysely'
import { rowNames } from './dictionary.ts'
import { domainHealth } from './domain-health.ts'
import { domainRows, type KeptDomain } from './domain-rows.ts'
import { answer, type ViewContext } from './envelope.ts'
import { outcomeCells } from './outcome-cells.ts'
import { noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import {
  effectiveSteps,
  type Generation,
  type NewestPolicies,
  newestPolicies,
  noPolicies,
  policyLiteral,
  type SeenPolicy,
  shownSteps,
} from './policy.ts'
import { publishedPolicies } from './policy-history.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'

/** One domain; the scope of the context is that domain alone. Null where it is not known. */
export async function domainView(context: ViewContext, domain: KeptDomain): Promise<DomainAnswer> {
  const [[row], newest, published, generations, headerFrom] = await Promise.all([
    domainRows(context, [domain]),
    newestPolicies(context.db, context.scope, [domain.id]),
    publishedPolicies(context),
    generationCounts(context),
    authorDomains(context),
  ])
  if (row === undefined) throw new Error('a domain that is kept has no row')
  const policies = newest.get(domain.id) ?? noPolicies
  return await answer(context, {
    kinds: ['aggregate', 'tls'],
    messages: { messages: row.messages, unknownMessages: row.outcome.unknown },
    data: {
      domain: row,
      policy: {
        newest: published.at(-1) ?? null,
        generations: [
          generation('rfc9989', policies, generations.rfc9990),
          generation('rfc7489', policies, generations.rfc7489),
        ],
        published: [...published],
      },
      health: await domainHealth(context, { domain, policies, row }),
      headerFrom: [...headerFrom],
    },
  })
}

interface FormCounts {
  readonly reporters: number
  readonly messages: number
}

function generation(
  name: Generation,
  policies: NewestPolicies,
  counts: FormCounts,
): DomainAnswer['data']['policy']['generations'][number] {
  const steps = effectiveSteps(policies, name)
  return { generation: name, ...counts, steps: shownSteps(steps), claim: policyClaim(steps.level, policies) }
}

function policyClaim(level: 'derived' | 'inferred' | 'unknown', { rfc7489, rfc9990 }: NewestPolicies): Claim {
  const texts = {
    derived: 'derived from the newest record that reports show',
    inferred: 'inferred: reports of the older form do not tell t and np',
    unknown: 'unknown: no report shows a policy',
  } as const
  const from = [rfc9990, rfc7489].flatMap(seen => (seen === null ? [] : [seenRecord(seen)]))
  return { level, text: texts[level], from, rule: level === 'derived' ? 'effective-policy' : null }
}

/** A record as the newest reports of a form show it; the day leads to them. */
function seenRecord({ form, day, policy }: SeenPolicy): Sentence {
  const text = dayText(day)
  return [
    {
      text: `${policyLiteral(policy, form)} in reports of the form of ${form === 'rfc9990' ? 'RFC 9990' : 'RFC 7489'}, newest `,
      link: null,
    },
    { text, link: { screen: 'reports', id: null, query: { from: [text], to: [text], kind: ['aggregate'] } } },
  ]
}

/** Reporters by the form of their reports: the best sign there is of the generation that they evaluate by. */
async function generationCounts({ db, scope }: ViewContext): Promise<Record<'rfc7489' | 'rfc9990', FormCounts>> {
  const rows = await db
    .selectFrom('report as r')
    .select(['r.form', sql<number>`count(distinct r.reporter)`.as('reporters')])
    .select(sql<number>`sum(r.messages)`.as('messages'))
    .where(inScope(scope, 'r'))
    .where('r.kind', '=', 'aggregate')
    .groupBy('r.form')
    .execute()
  const of = (form: string): FormCounts => {
    const row = rows.find(one => one.form === form)
    return { reporters: row?.reporters ?? 0, messages: row?.messages ?? 0 }
  }
  return { rfc7489: of('rfc7489'), rfc9990: of('rfc9990') }
}

/** Author domains shown; a domain may be abused with any number of names below it. */
const authorDomainsLimit = 200

async function authorDomains({ db, scope }: ViewContext): Promise<DomainAnswer['data']['headerFrom']> {
  const cells = await outcomeCells({ db, scope }, 'header_from')
  const sums = new Map<number, { messages: number; outcome: OutcomeSums }>()
  for (const cell of cells) {
    const entry = sums.get(cell.key) ?? { messages: 0, outcome: noOutcomes() }
    sums.set(cell.key, entry)
    entry.messages += cell.messages
    entry.outcome[outcomeAt(cell.authentication, cell.decision)] += cell.messages
  }
  const shown = [...sums].sort(([, a], [, b]) => b.messages - a.messages).slice(0, authorDomainsLimit)
  const names = await rowNames(
    db,
    shown.map(([id]) => id),
  )
  return shown.map(([id, entry]) => ({ name: names.get(id) ?? '', ...entry }))
}
