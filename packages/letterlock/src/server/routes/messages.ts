import { explainMessageRoute, messageBytesLimit, messageExamplesRoute } from '@letterlock/contract'
import { parseIpAddress } from '@letterlock/protocols'
import type { GivenSession } from '../../authentication/session.ts'
import type { ServerDeps } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { ProblemError } from '../problem.ts'
import { Upload } from '../upload.ts'

/** Explanations of messages. */
export function messageRoutes(api: Api, { messages }: ServerDeps): void {
  endpoint(api, messageExamplesRoute, async () => json(messages.examples()))
  endpoint(api, explainMessageRoute, async ({ query, context }) => {
    const dns = query.dns ?? (messages.asksDns ? 'live' : 'examples')
    if (dns === 'live' && !messages.asksDns)
      throw new ProblemError('not-available', 'This is a demonstration, which asks no DNS. Choose one of its examples.')
    const upload = new Upload(context.req.raw, {
      limit: messageBytesLimit,
      next: 'Larger messages: letterlock verify.',
    })
    const answer = await messages.explain(upload.bytes(), {
      given: givenSession(query),
      usesHeaders: query.session === 'headers',
      dns,
      signal: context.req.raw.signal,
    })
    if (!answer.ok)
      throw new ProblemError('invalid-request', 'This is no message that can be explained.', [
        { where: `body, octet ${answer.fault.at}`, text: answer.fault.text },
      ])
    return json(answer.explanation)
  })
}

interface SessionQuery {
  readonly ip?: string | undefined
  readonly helo?: string | undefined
  readonly mailFrom?: string | undefined
}

/** An empty value was not given; the null path is written `<>`. */
function givenSession({ ip, helo, mailFrom }: SessionQuery): GivenSession {
  const address = written(ip)
  const parsed = address === null ? null : parseIpAddress(address.replace(/^\[(?:IPv6:)?(.*)\]$/i, '$1'))
  if (address !== null && parsed === null) throw unfit('ip', 'is no IPv4 or IPv6 address')
  const name = written(helo)
  if (name !== null && /[\s\0-\x1f\x7f]/.test(name)) throw unfit('helo', 'is no name')
  const path = written(mailFrom)?.replace(/^<(.*)>$/, '$1') ?? null
  if (path !== null && /[\s\0-\x1f\x7f<>]/.test(path)) throw unfit('mailFrom', 'is no address; <> is the empty one')
  return { ip: parsed, helo: name, mailFrom: path, arrivedAt: null }
}

function written(text: string | undefined): string | null {
  const value = text?.trim() ?? ''
  return value === '' ? null : value
}

function unfit(name: string, text: string): ProblemError {
  return new ProblemError('invalid-request', 'Something in the request does not fit.', [
    { where: `query.${name}`, text },
  ])
}
