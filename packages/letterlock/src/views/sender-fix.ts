import type { SenderAnswer, SenderRow } from '@letterlock/contract'
import type { Catalogue, Service } from '@letterlock/posture'
import { dayText } from './time.ts'

type Fix = SenderAnswer['data']['fix']

/**
 * What to do at this service so that the mail aligns. It is open while the newest days of the sender fail, and proven
 * only by a later report day with mail and without a failure: nothing else closes it.
 */
export function senderFix(
  catalogue: Catalogue,
  input: {
    readonly row: SenderRow
    readonly failing: number
    readonly failingDays: ReadonlySet<number>
    /** Newest day with mail of the sender. */
    readonly lastDay: number
  },
): Fix {
  const { row } = input
  const service = serviceOf(catalogue, row.sender.key)
  const facts = {
    alignedDkim: service?.alignedDkim ?? 'unknown',
    alignedSpf: service?.alignedSpf ?? 'unknown',
    sources: (service?.sources ?? []).map(({ from, seen }) => ({ from, seen })),
    doneWhen: 'A report day after the change has mail of this sender and all of it aligns.',
  } as const
  const days = [...input.failingDays]
  const first = days.reduce<number | null>((least, day) => (least === null || day < least ? day : least), null)
  const last = days.reduce<number | null>((most, day) => (most === null || day > most ? day : most), null)
  if (row.decision === 'not-mine')
    return {
      ...facts,
      state: 'not needed',
      since: null,
      steps: [],
      doneWhen: 'Nothing is to be done: it is not yours.',
    }
  if (row.decision === 'forwarding')
    return {
      ...facts,
      state: 'not needed',
      since: null,
      steps: [],
      doneWhen:
        'Nothing is to be done at the forwarder. An aligned DKIM signature at the origin survives most forwarding.',
    }
  if (first === null || last === null)
    return { ...facts, state: row.outcome.aligned > 0 ? 'not needed' : 'unknown', since: null, steps: [] }
  if (last < input.lastDay) return { ...facts, state: 'proven', since: dayText(last + 1), steps: [] }
  return { ...facts, state: 'open', since: dayText(first), steps: steps(row, service) }
}

function serviceOf(catalogue: Catalogue, sender: string): Service | null {
  return sender.startsWith('service:') ? (catalogue.services.get(sender.slice('service:'.length)) ?? null) : null
}

/** The next step for a sender of the owner, in one sentence with what is to be seen when it is done. */
export function firstStep(
  catalogue: Catalogue,
  sender: { readonly key: string; readonly name: string; readonly domain: string },
): Fix['steps'][number] {
  const service = serviceOf(catalogue, sender.key)
  const found = signingSteps(service, service?.name ?? sender.name, sender.domain)
  const text = found[0]?.text ?? ''
  return { text, literals: found.flatMap(step => step.literals) }
}

function steps(row: SenderRow, service: Service | null): Fix['steps'] {
  const name = service?.name ?? row.sender.name
  const found = signingSteps(service, name, row.domains[0] ?? '')
  if (row.decision !== 'undecided') return found
  return [{ text: `First decide whether ${name} is yours.`, literals: [] }, ...found]
}

function signingSteps(service: Service | null, name: string, domain: string): Fix['steps'] {
  const found: Fix['steps'] = []
  if (service !== null && service.setUp !== '') found.push({ text: service.setUp, literals: [] })
  if (service?.alignedDkim === 'no') {
    found.push({
      text: `${name} cannot sign with your domain. Send through it from a domain of its own, or through another service.`,
      literals: [],
    })
  } else {
    found.push({ text: `Switch on DKIM signing with your own domain at ${name}.`, literals: [`d=${domain}`] })
  }
  if (service?.alignedSpf === 'yes')
    found.push({ text: `Use a return path in your own domain at ${name}, so that SPF aligns too.`, literals: [] })
  return found
}
