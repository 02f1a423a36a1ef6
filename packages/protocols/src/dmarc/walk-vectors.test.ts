import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { evaluateDmarc } from './evaluate.ts'
import { DmarcLookups } from './tree-walk.ts'

/*
 * Worked examples of the walk as data, made by another program from the same rules. Where the folder of vectors is
 * missing, the suite is skipped and says so; the cases of evaluate.test.ts always run.
 */
const folder = process.env['LETTERLOCK_VECTORS'] ?? join(import.meta.dirname, '../../../../../shared/vectors')
const file = join(folder, 'dmarc/dmarc-walk-vectors.json')

interface Vector {
  readonly id: string
  readonly title: string
  readonly zone: Readonly<Record<string, readonly string[]>>
  readonly author: string
  readonly authorExists: boolean
  readonly identifiers: readonly string[]
  readonly expect: {
    readonly queries: readonly string[]
    readonly org: string
    readonly policyDomain: string | null
    readonly tag?: string
    readonly policy?: string
    readonly applied?: string
    readonly result?: string
    readonly aligned: Readonly<Record<string, { readonly dkim: boolean; readonly org: string }>>
  }
}

const vectors: readonly Vector[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []

describe.skipIf(vectors.length === 0)('DMARC-030 to DMARC-048 walk vectors (needs the conformance vectors)', () => {
  for (const vector of vectors)
    test(`${vector.id} ${vector.title}`, async () => {
      const resolver = resolverFrom({ txt: vector.zone, empty: vector.authorExists ? [vector.author] : [] })
      const lookups = new DmarcLookups(resolver)
      const walk = await lookups.walk(vector.author)
      expect(walk.steps.map(step => `_dmarc.${step.name}`)).toEqual(vector.expect.queries)
      expect(walk.organizationalDomain).toBe(vector.expect.org)
      const identifiers = vector.identifiers.map(domain => ({
        method: 'dkim' as const,
        domain,
        result: 'pass' as const,
      }))
      const { rfc9989 } = await evaluateDmarc({ authorDomain: vector.author, identifiers }, { resolver, lookups })
      const { finding } = rfc9989
      if (vector.expect.policyDomain === null) return expect(finding.kind).toBe('none')
      if (vector.expect.result !== undefined) return expect(finding.kind).toBe('unusable')
      expect(finding).toMatchObject({
        kind: 'policy',
        policyDomain: vector.expect.policyDomain,
        tag: vector.expect.tag?.startsWith('(none') === true ? null : vector.expect.tag,
        policy: vector.expect.policy,
        applied: vector.expect.applied,
      })
      for (const { identifier, isAligned } of rfc9989.alignments)
        expect([identifier.domain, isAligned]).toEqual([
          identifier.domain,
          vector.expect.aligned[identifier.domain]?.dkim,
        ])
      for (const domain of vector.identifiers)
        expect((await lookups.walk(domain)).organizationalDomain).toBe(vector.expect.aligned[domain]?.org)
      return undefined
    })
})
