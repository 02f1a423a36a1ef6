import { Readable } from 'node:stream'
import { decisionsAnswerSchema, scopeAnswerSchema, senderMapAnswerSchema, senderRowSchema } from '@letterlock/contract'
import { catalogueOf, parseSenderKey, senderLabel } from '@letterlock/posture'
import { dayText } from '../views/time.ts'
import type { RunningInstance } from './instance.ts'
import type { ListScope, NamedSender, SendersAccess } from './senders-access.ts'

/** Knows nobody: what it calls a sender is what the key says. */
const noCatalogue = catalogueOf({ services: [], version: '' })

/** The senders of a running instance, by its API. */
export function instanceSenders(instance: RunningInstance, signal: AbortSignal): SendersAccess {
  const get = async (path: string): Promise<string> => (await instance.ask({ method: 'GET', path }, signal)).text
  const listOf = async (domain: string, scope: ListScope): Promise<readonly NamedSender[]> => {
    const days = { from: dayText(scope.firstDay), to: dayText(scope.lastDay) }
    const lines = await get(`/senders?${new URLSearchParams({ domain, ...days, format: 'ndjson' })}`)
    return lines
      .split('\n')
      .filter(line => line !== '')
      .map(line => namedSender(domain, senderRowSchema.parse(JSON.parse(line))))
  }
  return {
    isShared: false,
    async list(scope) {
      const found: NamedSender[] = []
      for (const domain of scope.domain === null ? await domains(get) : [scope.domain])
        found.push(...(await listOf(domain, scope)))
      return found.sort(byMessages)
    },
    async about(domain, sender) {
      const path = `/senders/${encodeURIComponent(sender)}/decisions?${new URLSearchParams({ domain })}`
      const { name, decisions } = decisionsAnswerSchema.parse(JSON.parse(await get(path)))
      const history = decisions.map(({ decision, decidedAt, note }) => ({ decision, decidedAt, note }))
      return { name, history }
    },
    async decide({ domain, sender, decision, note }, before) {
      const answer = await instance.ask(
        {
          method: 'PUT',
          path: `/senders/${encodeURIComponent(sender)}/decision`,
          body: JSON.stringify({ domains: [domain], decision, note }),
          type: 'application/json',
          expected: [404, 409],
        },
        signal,
      )
      if (answer.ok) return before === decision ? 'unchanged' : 'set'
      if (answer.status === 409) return 'not proven'
      return (await domains(get)).includes(domain) ? 'unknown sender' : 'unknown domain'
    },
    async map() {
      const { map } = senderMapAnswerSchema.parse(JSON.parse(await get('/sender-map')))
      return map ?? { names: 0, services: 0 }
    },
    async loadMap({ name, content }) {
      const path = `/sender-map?${new URLSearchParams({ name })}`
      const body = Readable.from([Buffer.from(content, 'utf8')])
      await instance.ask({ method: 'PUT', path, body, type: 'application/octet-stream' }, signal)
      return { rowsRenamed: null }
    },
    close: async () => undefined,
  }
}

async function domains(get: (path: string) => Promise<string>): Promise<readonly string[]> {
  return scopeAnswerSchema.parse(JSON.parse(await get('/scope'))).data.domains.map(({ name }) => name)
}

function namedSender(domain: string, row: ReturnType<typeof senderRowSchema.parse>): NamedSender {
  const key = parseSenderKey(row.sender.key)
  const isNamed = key !== null && senderLabel(key, noCatalogue).name !== row.sender.name
  return {
    domain,
    key: row.sender.key,
    messages: row.messages,
    aligned: row.outcome.aligned,
    decision: row.decisions.find(one => one.domain === domain)?.decision ?? 'undecided',
    name: isNamed ? row.sender.name : null,
  }
}

function byMessages(a: NamedSender, b: NamedSender): number {
  return b.messages - a.messages || compare(a.domain, b.domain) || compare(a.key, b.key)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
