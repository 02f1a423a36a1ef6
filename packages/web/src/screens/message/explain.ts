import type { MessageExplanation } from '@letterlock/contract'
import { ApiError, apiAddress, refusal } from '../../api/client.ts'

/** Octets of one message that the server takes; a test holds it against the contract. */
export const messageBytesLimit = 26_214_400

/** What the form holds. */
export interface Question {
  readonly message: Blob
  readonly ip: string
  readonly helo: string
  readonly mailFrom: string
  readonly takesHeaders: boolean
  readonly isExample: boolean
}

/** Sends a message to be explained. */
export async function explain(question: Question): Promise<MessageExplanation> {
  const { message, ip, helo, mailFrom, takesHeaders, isExample } = question
  const query = new URLSearchParams({ ip, helo, mailFrom })
  if (takesHeaders) query.set('session', 'headers')
  if (isExample) query.set('dns', 'examples')
  let response: Response
  try {
    response = await fetch(apiAddress('/messages/explain', `?${query}`), {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/octet-stream', accept: 'application/json' },
      body: message,
    })
  } catch {
    throw new ApiError(0, 'Letterlock does not answer: is it still running?')
  }
  if (!response.ok) throw await refusal(response)
  return (await response.json()) as MessageExplanation
}
