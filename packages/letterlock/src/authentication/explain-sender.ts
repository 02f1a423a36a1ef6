import type { ExplanationStep, MessageSession } from '@letterlock/contract'
import type { AuthenticatedMessage } from './read-message.ts'

/** Step 2: who handed the message over. */
export function explainSender({ session }: AuthenticatedMessage): ExplanationStep {
  const { told } = session
  return {
    id: 'sender',
    title: 'Who really sent it',
    verdict: null,
    result: null,
    claim: claimOf(told),
    sentences: [...serverSentences(told), ...pathSentences(told), ...told.notes],
    parts: [],
    facts: [
      ...(told.ip.value === null ? [] : [{ name: 'Server', value: told.ip.value }]),
      ...(told.helo.value === null ? [] : [{ name: 'HELO', value: told.helo.value }]),
      ...(told.mailFrom.value === null ? [] : [{ name: 'MAIL FROM', value: `<${told.mailFrom.value}>` }]),
      { name: 'Judged as of', value: told.arrivedAt.value },
    ],
  }
}

function claimOf({ ip, helo, mailFrom }: MessageSession): ExplanationStep['claim'] {
  const origins = [ip, helo, mailFrom].filter(({ value }) => value !== null).map(({ origin }) => origin)
  if (origins.length === 0) return { level: 'unknown', text: 'not given' }
  if (origins.includes('headers')) return { level: 'reported', text: 'by header fields of the message' }
  return { level: 'reported', text: 'given by you' }
}

function serverSentences({ ip, helo }: MessageSession): string[] {
  if (ip.value === null)
    return [
      'Which server handed the message over is not known, because its address was not given.',
      'The message itself does not prove it.',
    ]
  if (helo.value === null) return [`The server ${ip.value} handed the message over.`]
  return [`The server ${ip.value} handed the message over. It called itself ${helo.value}.`]
}

function pathSentences({ mailFrom }: MessageSession): string[] {
  if (mailFrom.value === null) return ['The bounce address (MAIL FROM) is not known, because it was not given.']
  if (mailFrom.value === '')
    return [
      'It has no bounce address, as reports of non-delivery have none. SPF then looks at the name of the server instead.',
    ]
  return [`The bounce address (MAIL FROM) is ${mailFrom.value}. Readers do not see it; SPF looks at it.`]
}
