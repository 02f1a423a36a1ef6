import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** What an instance counts of itself. Labels have few values: a route of the contract, a class of status. */
export interface ServerMetrics {
  request(input: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly seconds: number
  }): void
  document(verdict: string): void
  /** The text form that Prometheus reads. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>
}

export function serverMetrics(): ServerMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'letterlock_' })
  const requests = new Histogram({
    name: 'letterlock_http_request_seconds',
    help: 'Time of requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  })
  const documents = new Counter({
    name: 'letterlock_imported_documents_total',
    help: 'Documents of uploads by what became of them',
    labelNames: ['verdict'],
    registers: [registry],
  })
  return {
    request: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    document: verdict => documents.inc({ verdict }),
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}
