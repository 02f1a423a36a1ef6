import type { Decision } from '@letterlock/posture'
import type { Kysely } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { decisionAt } from './outcome-counts.ts'
import { inIds, type ResolvedScope } from './scope.ts'

/** The owner's decisions by domain and sender; what is not there is undecided. */
export class Decisions {
  readonly #bySender = new Map<number, Map<number, Decision>>()

  constructor(rows: readonly { readonly domain: number; readonly sender: number; readonly decision: string }[]) {
    for (const row of rows) {
      const ofSender = this.#bySender.get(row.sender) ?? new Map<number, Decision>()
      ofSender.set(row.domain, decisionAt(row.decision))
      this.#bySender.set(row.sender, ofSender)
    }
  }

  of(domain: number, sender: number): Decision {
    return this.#bySender.get(sender)?.get(domain) ?? 'undecided'
  }

  get isEmpty(): boolean {
    return this.#bySender.size === 0
  }
}

/** Decisions for the domains of a scope: as many as a person made. */
export async function loadDecisions(db: Kysely<Database>, scope: ResolvedScope): Promise<Decisions> {
  let query = db.selectFrom('decision').select(['domain', 'sender', 'decision']).where('tenant', '=', onlyTenant)
  if (scope.domains !== null) query = query.where(inIds('decision.domain', scope.domains))
  return new Decisions(await query.execute())
}
