import { Buffer } from 'node:buffer'
import { createPublicKey, sign, verify } from 'node:crypto'
import { authenticate, parseIpAddress, RecordCache, resolverFrom } from '@letterlock/protocols'
import {
  authorSigner,
  clientAddress,
  dns,
  messageOf,
  now,
  providerSigner,
  type Signer,
  session,
} from './authenticate/messages.ts'

/*
 * CPU time of `authenticate` (SPF, DKIM, ARC, DMARC in both readings) over one message with DNS in memory, beside
 * `crypto.verify` with the same key and beside mailauth on the same message, all in one process and in turn. The ratios
 * decide, milliseconds are for orientation. Run: npx tsx --conditions=source bench/authenticate.ts
 */

/** Times that one verification of the same key may pass while a message of one signature is authenticated. */
const verifications = { small: 7, large: 20 }

/** Times that mailauth must need at least. */
const timesMailauth = { small: 5, large: 3.5 }

const rounds = 15

type MailauthCheck = (message: Buffer) => Promise<string>

const ip = parseIpAddress(clientAddress)
if (ip === null) throw new Error('no address')
const options = {
  resolver: resolverFrom(dns),
  now,
  records: new RecordCache(),
  registeredDomain: (name: string) => name.split('.').slice(-2).join('.'),
}
const check = (message: Buffer) => authenticate(message, { ip, ...session }, options)

const publicKey = createPublicKey(authorSigner.pair.privateKey)
const data = Buffer.alloc(1500, 'x')
const signature = sign('sha256', data, authorSigner.pair.privateKey)
const verifyOnce = () => verify('sha256', data, publicKey, signature)

/** mailauth asked the same: no BIMI, which we do not judge; its resolver is a look-up in a literal. */
async function loadMailauth(): Promise<MailauthCheck | null> {
  try {
    const mailauth = await import('mailauth')
    const resolver = async (name: string, type: string): Promise<never> => {
      const text = type === 'TXT' ? dns.txt[name] : undefined
      if (text === undefined) throw Object.assign(new Error(name), { code: 'ENOTFOUND' })
      return [[text]] as never
    }
    const { helo, mailFrom } = session
    const asked = { ip: clientAddress, helo, sender: mailFrom, mta: 'mx2.mailbox.example', resolver, disableBimi: true }
    return async message => {
      const { dmarc } = await mailauth.authenticate(message, asked)
      return dmarc === false ? 'none' : dmarc.status.result
    }
  } catch (error) {
    console.log(`mailauth is left out: it cannot be loaded on Node ${process.version} (${String(error).slice(0, 120)})`)
    return null
  }
}

/** Microseconds of CPU for one call. */
async function cost(calls: number, run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  for (let call = 0; call < calls; call += 1) await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

async function measure(size: 'small' | 'large', signers: readonly Signer[], mailauth: MailauthCheck | null) {
  const message = messageOf(size === 'small' ? 5_000 : 100_000, signers)
  const { dmarc, dkim, spf } = await check(message)
  if (dmarc.result !== 'pass' || spf?.evaluation.result !== 'pass' || dkim.some(({ result }) => result !== 'pass'))
    throw new Error('the message does not pass')
  if (mailauth !== null && (await mailauth(message)) !== 'pass') throw new Error('mailauth does not let it pass')
  const calls = size === 'small' ? 400 : 200
  // Long enough for the compiler to settle, whose threads count as CPU time of this process.
  await cost(calls * 40, () => check(message))
  await cost(calls * 10, verifyOnce)
  if (mailauth !== null) await cost(calls * 2, () => mailauth(message))
  const figures: { ours: number; floor: number; theirs: number }[] = []
  for (let round = 0; round < rounds; round += 1)
    figures.push({
      ours: await cost(calls, () => check(message)),
      floor: await cost(calls * 2, verifyOnce),
      theirs: mailauth === null ? Number.NaN : await cost(calls / 4, () => mailauth(message)),
    })
  const times = median(figures.map(({ ours, floor }) => ours / floor))
  const ours = median(figures.map(figure => figure.ours)) / 1000
  const floor = median(figures.map(figure => figure.floor)) / 1000
  console.log(
    `${message.length} octets, ${signers.length} of RSA-2048: ${ours.toFixed(3)} ms, ${times.toFixed(1)} times crypto.verify (${floor.toFixed(3)} ms)${signers.length === 1 ? `, at most ${verifications[size]}: ${word(times <= verifications[size])}` : ''}`,
  )
  if (mailauth === null) return
  const factor = median(figures.map(figure => figure.theirs / figure.ours))
  const theirs = median(figures.map(figure => figure.theirs)) / 1000
  console.log(
    `  mailauth ${theirs.toFixed(3)} ms, ${factor.toFixed(1)} times ours, at least ${timesMailauth[size]}: ${word(factor >= timesMailauth[size])}`,
  )
}

function word(isKept: boolean): string {
  if (!isKept) process.exitCode = 1
  return isKept ? 'kept' : 'MISSED'
}

console.log(
  `Node ${process.version}. A message that came through four hosts; text, indented HTML in quoted-printable, and at 100 KB an attachment; c=relaxed/relaxed; SPF with one include, DMARC at the domain itself; everything passes. Medians of ${rounds} rounds.`,
)
const mailauth = await loadMailauth()
for (const signers of [[authorSigner], [authorSigner, providerSigner]])
  for (const size of ['small', 'large'] as const) await measure(size, signers, mailauth)
