import type { DeliveryVerdict, DocumentVerdict, IntakeOp, IntakeStore } from '../store/intake-op.ts'

/** Verdicts without a store, for a dry run: `known` is what came before in the same run. */
export function createDryStore(): IntakeStore {
  const seen = new Set<string>()
  return {
    async writeMany(deliveries) {
      return deliveries.map(steps => {
        const reading = new DryDelivery(seen)
        for (const step of steps) reading.take(step)
        return reading.verdict()
      })
    },
    async writeStream(steps) {
      const reading = new DryDelivery(seen)
      for await (const step of steps) reading.take(step)
      return reading.verdict()
    },
  }
}

class DryDelivery {
  readonly #seen: Set<string>
  readonly #documents: DocumentVerdict[] = []
  #name = ''
  #openPath = ''

  constructor(seen: Set<string>) {
    this.#seen = seen
  }

  take(step: IntakeOp): void {
    switch (step.op) {
      case 'delivery':
        this.#name = step.name
        return
      case 'aggregate-head':
        this.#openPath = step.path
        return
      case 'aggregate-end': {
        const { records, messages, deviationCounts } = step.summary
        this.#report(this.#openPath, 'aggregate', step.hash, { rows: records, messages, deviations: deviationCounts })
        return
      }
      case 'tls': {
        const messages = step.report.policies.reduce((sum, policy) => sum + (policy.successfulSessions ?? 0), 0)
        const rows = step.report.policies.length
        this.#report(step.path, 'tls', step.hash, { rows, messages, deviations: countCodes(step.report.deviations) })
        return
      }
      case 'failure': {
        const { incidents, deviations } = step.report
        this.#report(step.path, 'failure', step.hash, {
          rows: 1,
          messages: incidents,
          deviations: countCodes(deviations),
        })
        return
      }
      case 'quarantine':
        this.#unread(step.path, 'quarantine', step.code, step.reason)
        return
      case 'note':
        this.#unread(step.path, 'note', step.code, step.text)
        return
      case 'piece':
      case 'records':
      case 'end':
        return
    }
  }

  verdict(): DeliveryVerdict {
    return { deliveryId: null, name: this.#name, documents: this.#documents }
  }

  #report(
    path: string,
    kind: 'aggregate' | 'tls' | 'failure',
    hash: Uint8Array,
    counts: Pick<DocumentVerdict, 'rows' | 'messages' | 'deviations'>,
  ): void {
    const key = Buffer.from(hash).toString('base64')
    const verdict = this.#seen.has(key) ? 'known' : 'stored'
    this.#seen.add(key)
    this.#documents.push({ path, kind, verdict, reportId: null, ...counts, code: null, reason: null })
  }

  #unread(path: string, verdict: 'quarantine' | 'note', code: string, reason: string): void {
    const counts = { rows: 0, messages: 0, deviations: {} }
    this.#documents.push({ path, kind: 'none', verdict, reportId: null, ...counts, code, reason })
  }
}

function countCodes(deviations: readonly { readonly code: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of deviations) counts[code] = (counts[code] ?? 0) + 1
  return counts
}
