import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import type { Question } from '../dns/resolver.ts'
import { type IpAddress, parseIpAddress } from '../ip-address.ts'
import { checkHost } from './evaluate.ts'
import type { SpfCheck, SpfEvaluation } from './evaluation.ts'

/** What a case changes of the usual check. */
export interface CheckParts extends Partial<Omit<SpfCheck, 'ip'>> {
  readonly ip?: string
  readonly dns?: DnsLiteral
}

export function address(text: string): IpAddress {
  const ip = parseIpAddress(text)
  if (ip === null) throw new Error(`${text} is no address`)
  return ip
}

/** An evaluation of `record` at example.org for a client at 192.0.2.1, and the questions that it asked. */
export async function checkRecord(
  record: string,
  { ip = '192.0.2.1', dns = {}, ...over }: CheckParts = {},
): Promise<SpfEvaluation & { readonly asked: readonly string[] }> {
  const asked: string[] = []
  const resolver = resolverFrom({ ...dns, txt: { 'example.org': record, ...dns.txt } })
  const found = await checkHost(
    {
      ip: address(ip),
      domain: 'example.org',
      sender: 'user@example.org',
      helo: 'mail.example.org',
      now: 1_700_000_000,
      ...over,
    },
    {
      resolver: {
        query: (question: Question) => {
          asked.push(`${question.type} ${question.name}`)
          return resolver.query(question)
        },
      },
    },
  )
  return { ...found, asked }
}
