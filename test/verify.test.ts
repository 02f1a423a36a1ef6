import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MessageExplanation, messageExplanationSchema, verifyDocumentSchema } from '@letterlock/contract'
import { generateDkimKey } from '@letterlock/protocols'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exactly } from './command-document.ts'
import { keyLine, messageOf, signedMessage } from './made-messages.ts'
import { peakMemoryArguments } from './peak-memory.ts'
import { type CommandOptions, type CommandResult, program, runCommand } from './run-command.ts'
import { startTxtServer } from './servers/txt-server.ts'

const own = { domain: 'example.org', selector: 's', pair: generateDkimKey('ed25519') }
const vendor = { domain: 'vendor.example', selector: 'v', pair: generateDkimKey('rsa') }
const zone = `${keyLine(own)}
${keyLine(vendor)}
$ORIGIN example.org.
@ IN TXT "v=spf1 ip4:192.0.2.0/28 -all"
_dmarc TXT "v=DMARC1; p=reject; t=y; rua=mailto:d@example.org"
$ORIGIN vendor.example.
@ TXT "v=spf1 include:_spf -all"
`.replace('include:_spf -all', 'include:_spf.vendor.example -all')
const vendorZone = '$ORIGIN vendor.example.\n_spf TXT "v=spf1 ip4:198.51.100.0/24 -all"\n'

const plain = messageOf(['From: A <a@example.org>', 'To: b@example.net', 'Subject: x'])
const proven = signedMessage(plain, own)
const byVendor = signedMessage(plain, vendor)
const own1 = ['--ip', '192.0.2.1', '--helo', 'mx.example.org', '--mail-from', 'b@example.org']

let folder = ''
const path = (name: string) => join(folder, name)
const zones = () => ['--zone', path('zone'), '--zone', path('vendor.zone')]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-verify-'))
  const files = { zone, 'vendor.zone': vendorZone, 'proven.eml': proven, 'vendor.eml': byVendor, 'plain.eml': plain }
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const verify = (args: readonly string[], options?: CommandOptions): Promise<CommandResult> =>
  runCommand(['verify', ...zones(), ...args], options)

async function verified(args: readonly string[], options?: CommandOptions) {
  const { stdout, stderr, code } = await verify(['--json', ...args], options)
  if (stdout === '') throw new Error(stderr)
  const document = exactly(verifyDocumentSchema, stdout)
  expect(document.exit).toBe(code)
  return document
}

async function one(args: readonly string[], options?: CommandOptions): Promise<MessageExplanation> {
  const { messages, problems } = await verified(args, options)
  expect(problems).toEqual([])
  const [message] = messages
  if (message === undefined || messages.length > 1) throw new Error(`${messages.length} messages`)
  return message
}

const step = (message: MessageExplanation, id: string) => message.steps.find(found => found.id === id)

describe('what it says of a message', () => {
  test('a message that passes: 0, the headline, every step, and both generations of receivers', async () => {
    const { code, stdout } = await verify([path('proven.eml'), ...own1])
    expect(code).toBe(0)
    const text = stdout.replace(/\s+/g, ' ')
    expect(text).toContain('PASS This message is proven to come from example.org. DKIM and SPF prove it.')
    expect(text).toContain('Yes. example.org lists 192.0.2.1 as a server that may send for it (by "ip4:192.0.2.0/28").')
    expect(text).toContain('example.org is the domain in From, so it counts for DMARC.')
    expect(text).toContain('Receivers that follow RFC 9989')
    expect(text).toContain('Receivers that still follow RFC 7489')
    expect(text).toContain('Nothing needs to be done.')
    expect(text).toContain('zone, vendor.zone alone, without any network')
  })

  test('what a service sends for the domain: passes that do not count, and why; t=y differs by generation', async () => {
    const args = [
      path('vendor.eml'),
      '--ip',
      '198.51.100.7',
      '--helo',
      'x.vendor.example',
      '--mail-from',
      'b@vendor.example',
    ]
    const message = await one(args)
    expect(message.verdict).toBe('fail')
    expect(message.results.spf).toMatchObject({
      result: 'pass',
      matched: [
        { domain: 'vendor.example', term: 'include:_spf.vendor.example' },
        { domain: '_spf.vendor.example', term: 'ip4:198.51.100.0/24' },
      ],
    })
    expect(message.results.dkim).toMatchObject([{ result: 'pass', domain: 'vendor.example', keyBits: 2048 }])
    expect(step(message, 'spf')?.sentences).toContain(
      'vendor.example is not example.org, nor of the same organisation, so it does not count for DMARC.',
    )
    expect(message.results.dmarc).toMatchObject({
      result: 'fail',
      applied: 'quarantine',
      evaluations: [{ rfc9989: { applied: 'quarantine' }, rfc7489: { applied: 'reject' } }],
    })
    const [today, older] = step(message, 'dmarc')?.parts ?? []
    expect(today?.sentences.join(' ')).toContain('(t=y)')
    expect(older?.sentences).toContain('Different: policy: quarantine by RFC 9989, reject by RFC 7489.')
    expect(message.next.map(({ text }) => text).join(' ')).toMatch(
      /bounce address at or below example\.org.*sign as example\.org/s,
    )
    expect((await verify(args)).code).toBe(2)
  })

  test('a message that was changed on the way', async () => {
    const message = await one(['-', '--ip', '203.0.113.1', '--mail-from', 'b@example.org'], {
      stdin: Buffer.from(proven.replace('Hello', 'Hullo')),
    })
    expect(message.results.dkim).toMatchObject([{ result: 'fail', code: 'dkim-body-hash' }])
    expect(step(message, 'dkim')?.parts[0]?.sentences[0]).toBe(
      'The text of the message was changed after it was signed.',
    )
    expect(message.next.some(({ literal }) => literal === 'ip4:203.0.113.1')).toBe(true)
  })

  test('a domain without a DMARC record: no policy, which is not a pass', async () => {
    const stdin = Buffer.from(messageOf(['From: a@example.net']))
    expect(await one(['-'], { stdin })).toMatchObject({
      verdict: 'not applicable',
      results: { dmarc: { result: 'none' } },
    })
    expect((await verify(['-'], { stdin })).code).toBe(2)
  })

  test('DMARC-023 two From fields are told, and nothing is taken from them', async () => {
    const stdin = Buffer.from(`From: x@example.com\r\n${proven}`)
    const message = await one(['-', ...own1], { stdin })
    expect(message).toMatchObject({
      verdict: 'fail',
      results: { author: { kind: 'malformed', code: 'from-repeated' } },
    })
    expect(step(message, 'from')?.sentences[0]).toBe(
      'The message has several From fields. Mail programs show one or another of them.',
    )
  })

  test('text of the message and of DNS reaches the terminal escaped', async () => {
    const stdin = Buffer.from(plain.replace('Subject: x', 'Subject: =?utf-8?Q?=1B[31mred=C2=9B?='))
    const { stdout } = await verify(['-', '--ip', '192.0.2.1', '--mail-from', 'b@example.org'], { stdin })
    expect(stdout).not.toMatch(/[\u001b\u009b]/)
    expect(stdout).toContain('\\u001b[31mred\\u009b')
  })
})

describe('what is not known is not guessed', () => {
  test('without address and bounce address SPF is not tested, and that is said', async () => {
    const message = await one([path('plain.eml')])
    expect(message).toMatchObject({
      verdict: 'unknown',
      session: { ip: { value: null, origin: 'absent' }, mailFrom: { value: null, origin: 'absent' } },
      results: { spf: null, dmarc: { result: 'undetermined', applied: null } },
    })
    expect(step(message, 'spf')).toMatchObject({ verdict: 'not tested' })
    const { code, stderr } = await verify([path('plain.eml')])
    expect(code).toBe(5)
    expect(stderr).toContain('--from-headers')
  })

  test('DKIM alone proves the domain, whatever SPF would say', async () => {
    expect((await verify([path('proven.eml')])).code).toBe(0)
  })

  test('a bounce address that cannot align leaves no doubt that it fails', async () => {
    const message = await one([path('plain.eml'), '--mail-from', 'b@vendor.example'])
    expect(message.results.dmarc.result).toBe('fail')
    const open = await one([path('plain.eml'), '--mail-from', 'b@mail.example.org'])
    expect(open.results.dmarc.result).toBe('undetermined')
  })

  test('the header is used only when that is asked for, and what it gave is told', async () => {
    const received = [
      'Return-Path: <b@example.org>',
      'Received: from inner.example.net ([10.0.0.1]) by store.example.net; Tue, 24 Nov 2026 10:00:05 +0000',
      'Received: from mx.example.org (unknown [192.0.2.1]) by border.example.net; Tue, 24 Nov 2026 10:00:00 +0000',
      'Received: from forged.example (forged.example [203.0.113.66]) by nobody.example; Tue, 24 Nov 2026 09:00:00 +0000',
    ]
    const stdin = Buffer.from([...received, plain].join('\r\n'))
    expect((await one(['-'], { stdin })).results.spf).toBeNull()
    const message = await one(['-', '--from-headers'], { stdin })
    expect(message.session).toMatchObject({
      ip: { value: '192.0.2.1', origin: 'headers' },
      helo: { value: 'mx.example.org', origin: 'headers' },
      mailFrom: { value: 'b@example.org', origin: 'headers' },
      arrivedAt: { value: '2026-11-24T10:00:00Z', origin: 'headers' },
    })
    expect(message.verdict).toBe('pass')
    expect(message.session.notes[0]).toContain('Received field 2 from the top, written by border.example.net')
    const given = await one(['-', '--from-headers', '--mail-from', '<>'], { stdin })
    expect(given.session.mailFrom).toEqual({ value: '', origin: 'given' })
  })

  test('DKIM-072 a message is judged as of the time it came', async () => {
    const at = (time: string) => one([path('proven.eml'), '--at', time])
    expect((await at('2020-01-01T00:00:00Z')).results.dkim[0]).toMatchObject({ code: 'dkim-future' })
  })

  test('names that no zone file speaks of are listed', async () => {
    const message = await one([path('plain.eml'), '--ip', '192.0.2.1', '--mail-from', 'b@elsewhere.example'])
    expect(message.dns.outsideZones).toEqual(['elsewhere.example'])
  })
})

describe('input', () => {
  const mbox = (messages: readonly string[]) =>
    messages
      .map(message => `From a@example.org Tue Nov 24 10:00:00 2026\n${message.replaceAll('\r\n', '\n')}\n`)
      .join('')

  test('every message of an mbox, by its number, with sums; the worst decides', async () => {
    const stdin = Buffer.from(mbox([proven, plain, proven]))
    const { messages, summary, exit } = await verified(['-', '--ip', '203.0.113.1', '--mail-from', 'b@example.org'], {
      stdin,
    })
    expect(messages.map(({ number, verdict }) => [number, verdict])).toEqual([
      [1, 'pass'],
      [2, 'fail'],
      [3, 'pass'],
    ])
    expect([summary['pass'], summary['fail'], exit]).toEqual([2, 1, 2])
    const { stdout } = await verify(['-', '--ip', '203.0.113.1', '--mail-from', 'b@example.org'], { stdin })
    expect(stdout).toContain('3 messages: 2 proven, 1 not proven')
  })

  test('several files, as one JSON object a line', async () => {
    const { stdout, code } = await verify(['--format', 'ndjson', path('proven.eml'), path('plain.eml'), ...own1])
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => exactly(messageExplanationSchema, line))
    expect(lines.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
    expect(code).toBe(0)
  })

  test('a message of 300 MB is streamed: the memory stays small', async () => {
    const file = path('large.eml')
    const line = `${'x'.repeat(76)}\r\n`.repeat(13_444)
    writeFileSync(file, proven)
    for (let part = 0; part < 300; part += 1) writeFileSync(file, line, { flag: 'a' })
    const peakFile = path('peak')
    const { stdout, code } = await runCommand(['verify', '--json', ...zones(), file, ...own1], {
      nodeArguments: peakMemoryArguments(peakFile),
    })
    // A plain call takes about 110 MB.
    expect(Number(readFileSync(peakFile, 'utf8'))).toBeLessThan(220_000_000)
    const { messages } = exactly(verifyDocumentSchema, stdout)
    expect(messages[0]?.bytes).toBeGreaterThan(300_000_000)
    expect(messages[0]?.results.dkim).toMatchObject([{ code: 'dkim-body-hash' }])
    expect(code).toBe(0)
    rmSync(file)
  })

  test.each([
    ['an empty file', '', 3, 'it is empty'],
    ['no message', '\u0000\u0001binary', 3, 'octet 0: it does not begin with a header field'],
    [
      'a header without end',
      `From: a@example.org\r\n${'X: y\r\n'.repeat(200_000)}`,
      5,
      'it is not judged by a part of it',
    ],
  ])('%s is told with its place', async (_, content, exit, text) => {
    const { code, stderr } = await verify(['-'], { stdin: Buffer.from(content, 'latin1') })
    expect(code).toBe(exit)
    expect(stderr).toContain(text)
  })

  test('a file that is missing keeps no other from being judged', async () => {
    const { messages, problems, exit } = await verified([path('missing.eml'), path('proven.eml'), ...own1])
    expect(messages).toHaveLength(1)
    expect(problems).toMatchObject([{ name: path('missing.eml'), at: null }])
    expect(exit).toBe(1)
  })

  test.each([
    [[], 'which message?'],
    [['x', '--ip', '300.1.2.3'], '--ip 300.1.2.3 is no IPv4 or IPv6 address'],
    [['x', '--mail-from', 'a b'], '--mail-from a b is no address'],
    [['x', '--at', 'yesterday'], '--at yesterday is no time'],
    [['x', '--resolver', 'dns.example'], '--resolver dns.example is no address of a name server'],
    [['x', '--zone', '/nonexistent'], 'the zone file /nonexistent cannot be read'],
  ])('bad usage %j', async (args, text) => {
    const { code, stderr } = await runCommand(['verify', ...args])
    expect(code).toBe(3)
    expect(stderr).toContain(text)
  })

  test('a line of a zone file that cannot be read is named', async () => {
    const bad = path('bad.zone')
    writeFileSync(bad, '$ORIGIN example.org.\n@ TXT "open\n')
    const { code, stderr } = await runCommand(['verify', path('plain.eml'), '--zone', bad])
    expect([code, stderr]).toEqual([3, expect.stringContaining('line 2')])
    writeFileSync(bad, '@ TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc TXT "v=DMARC1; p=none"\n')
    const named = await runCommand(['verify', path('plain.eml'), '--zone', `example.org=${bad}`, ...own1])
    expect(named.code).toBe(0)
  })
})

describe('with resolvers', () => {
  test('asks them, and lays zone files over their answers', async () => {
    const dns = await startTxtServer({
      'example.org': 'v=spf1 -all',
      's._domainkey.example.org': own.pair.record,
      '_dmarc.example.org': 'v=DMARC1; p=none',
    })
    try {
      const live = await runCommand(['verify', path('proven.eml'), '--resolver', dns.address, ...own1])
      expect(live.code).toBe(0)
      expect(live.stdout).toContain(`resolver ${dns.address}`)
      expect(dns.asked).toContain('s._domainkey.example.org/16')
      const configured = await runCommand(['verify', path('proven.eml'), ...own1], {
        environment: { LETTERLOCK_DNS_RESOLVERS: dns.address },
        workingDirectory: folder,
      })
      expect(configured.stdout).toContain(`resolver ${dns.address}`)
      writeFileSync(path('over.zone'), 'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n')
      const planned = await runCommand([
        'verify',
        path('plain.eml'),
        '--resolver',
        dns.address,
        '--zone',
        path('over.zone'),
        ...own1,
      ])
      expect(planned.code).toBe(0)
    } finally {
      dns.close()
    }
  })

  test('DMARC-055 a resolver that fails leaves it undetermined: 5, never a fail', async () => {
    const dns = await startTxtServer({}, 2)
    try {
      const { code, stdout } = await runCommand(['verify', path('proven.eml'), '--resolver', dns.address, ...own1])
      expect(code).toBe(5)
      expect(stdout).toContain('could not be determined')
    } finally {
      dns.close()
    }
  })

  test('a resolver that never answers: the time is bounded, and nothing is claimed', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    try {
      const address = `127.0.0.1:${silent.address().port}`
      const { code, stdout } = await runCommand(['verify', path('proven.eml'), '--resolver', address, ...own1])
      expect(code).toBe(5)
      expect(stdout.replace(/\s+/g, ' ')).toContain('could not be determined')
      expect(stdout).not.toContain('judge it differently')
    } finally {
      silent.close()
    }
  })
})

test('an interrupt ends the wait for a message that never comes: 130', async () => {
  const child = spawn(process.execPath, [program, 'verify', '-', ...zones()], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = once(child, 'close')
  // The program reads when it takes more than a pipe holds.
  await new Promise(resolve => child.stdin.write(Buffer.alloc(262_144, 'From: a@example.org\n'), resolve))
  child.kill('SIGINT')
  expect(await ended).toEqual([130, null])
})

const vectors = process.env['LETTERLOCK_VECTORS'] ?? fileURLToPath(new URL('../../shared/vectors', import.meta.url))
const rfc8463 = join(vectors, 'dkim/vectors/rfc8463-a3.eml')

describe.skipIf(!existsSync(rfc8463))('the message of RFC 8463 A.3 (needs the vectors)', () => {
  test('both signatures hold with the keys of the RFC', async () => {
    const described: readonly { readonly id: string; readonly dns: Readonly<Record<string, string>> }[] = JSON.parse(
      readFileSync(join(vectors, 'dkim/vectors.json'), 'utf8'),
    )
    const keys = Object.entries(described.find(({ id }) => id === 'rfc8463-a3')?.dns ?? {})
    writeFileSync(
      path('rfc.zone'),
      [...keys, ['_dmarc.football.example.com', 'v=DMARC1; p=none'] as const]
        .map(([name, text]) => `${name}. TXT ${(text.match(/.{1,255}/g) ?? []).map(part => `"${part}"`).join(' ')}\n`)
        .join(''),
    )
    const { stdout } = await runCommand([
      'verify',
      '--json',
      rfc8463,
      '--zone',
      path('rfc.zone'),
      '--at',
      '2022-11-07T17:54:24Z',
    ])
    const { messages } = exactly(verifyDocumentSchema, stdout)
    expect(messages[0]?.results.dkim.map(({ result, algorithm }) => [result, algorithm])).toEqual([
      ['pass', 'ed25519-sha256'],
      ['pass', 'rsa-sha256'],
    ])
  })
})
