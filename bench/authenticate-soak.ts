import { Buffer } from 'node:buffer'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { authenticate, parseIpAddress, RecordCache, type Resolver, resolverFrom } from '@letterlock/protocols'
import { authorSigner, clientAddress, dns, now, randomFrom, session } from './authenticate/messages.ts'
import { mixedMessages } from './authenticate/mixed-messages.ts'

/*
 * Mixed messages for some minutes, one after another, with one cache of records for all: the memory after a collection
 * must not grow. Each message comes from a domain of its own with records of its own, so that what is kept between
 * messages would grow if anything were kept too long. Run: npx tsx --conditions=source bench/authenticate-soak.ts [seconds]
 */

/** Octets that the fitted line may rise over the whole run: noise of the collector, far from a leak of any message. */
const heapRise = 3_000_000
const residentRise = 30_000_000

/** Samples left out at the start, while code is compiled and caches fill. */
const warmShare = 0.25

const seconds = Number(process.argv[2] ?? 300)
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const random = randomFrom(2024)
const messages = mixedMessages(7)
const total = messages.reduce((sum, { weight }) => sum + weight, 0)
const ip = parseIpAddress(clientAddress)
if (ip === null) throw new Error('no address')

const common = resolverFrom(dns)
/** Domains `d123.soak.example` exist all of them, each with records that no other has. */
const resolver: Resolver = {
  query: question => {
    const number = /(?:^|\.)d(\d+)\.soak\.example$/.exec(question.name)?.[1]
    if (number === undefined) return common.query(question)
    const { name } = question
    const text = name.includes('_domainkey')
      ? `${authorSigner.pair.record}; n=${number}`
      : name.startsWith('_dmarc')
        ? `v=DMARC1; p=reject; rua=mailto:d${number}@soak.example`
        : `v=spf1 ip4:192.0.2.0/24 include:_spf${number}.mailer.example -all`
    return resolverFrom({ txt: { [name]: text } }).query(question)
  },
}

function drawn(): (typeof messages)[number] | undefined {
  let left = random() * total
  return messages.find(({ weight }) => {
    left -= weight
    return left < 0
  })
}

const records = new RecordCache()
const results = new Map<string, Map<string, number>>()
let count = 0

async function one(): Promise<void> {
  const message = drawn()
  if (message === undefined) return
  count += 1
  const domain = `d${count}.soak.example`
  // A third goes by its own domain throughout, so that its key, its SPF record and its policy are new as well.
  const bytes =
    count % 3 === 0 && message.bytes.length < 200_000
      ? Buffer.from(message.bytes.toString('latin1').replaceAll('shop.example', domain), 'latin1')
      : message.bytes
  const mailFrom = count % 2 === 0 ? session.mailFrom : `bounce@${domain}`
  const { dmarc } = await authenticate(
    bytes,
    { ip: ip ?? never(), helo: session.helo, mailFrom },
    { resolver, now, records },
  )
  const tally = results.get(message.name) ?? new Map<string, number>()
  tally.set(dmarc.result, (tally.get(dmarc.result) ?? 0) + 1)
  results.set(message.name, tally)
}

function never(): never {
  throw new Error('no address')
}

interface Sample {
  readonly at: number
  readonly heap: number
  readonly resident: number
}

function sample(at: number): Sample {
  collect()
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { at, heap: heapUsed + external, resident: rss }
}

/** Slope of the least-squares line, in units for each second. */
function slope(samples: readonly Sample[], read: (sample: Sample) => number): number {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  const [meanAt, meanValue] = [mean(samples.map(({ at }) => at)), mean(samples.map(read))]
  const over = samples.reduce((sum, entry) => sum + (entry.at - meanAt) * (read(entry) - meanValue), 0)
  return over / samples.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0)
}

const began = performance.now()
const samples: Sample[] = []
for (let at = 0; at < seconds; at = (performance.now() - began) / 1000) {
  if (samples.length === 0 || at - (samples.at(-1)?.at ?? 0) >= 1) samples.push(sample(at))
  await one()
}
samples.push(sample((performance.now() - began) / 1000))

const megabytes = (octets: number) => (octets / 1_000_000).toFixed(1)
for (const [name, tally] of results)
  console.log(`${name}: ${[...tally].map(([result, times]) => `${result} ${times}`).join(', ')}`)
console.log(`Node ${process.version}, ${count} messages in ${seconds} s`)
const places = [0, Math.floor(samples.length * warmShare), samples.length >> 1, samples.length - 1]
for (const [index, name] of ['start', 'warm', 'middle', 'end'].entries()) {
  const entry = samples[places[index] ?? 0]
  if (entry !== undefined)
    console.log(`${name}: heap with buffers ${megabytes(entry.heap)} MB, RSS ${megabytes(entry.resident)} MB`)
}
const measured = samples.slice(Math.floor(samples.length * warmShare))
const span = seconds * (1 - warmShare)
for (const [name, read, limit] of [
  ['heap', ({ heap }: Sample) => heap, heapRise],
  ['RSS', ({ resident }: Sample) => resident, residentRise],
] as const) {
  const rise = slope(measured, read) * span
  const isFlat = rise <= limit
  if (!isFlat) process.exitCode = 1
  console.log(
    `${name}: the fitted line rises ${megabytes(rise)} MB, at most ${megabytes(limit)}: ${isFlat ? 'flat' : 'GROWS'}`,
  )
}
