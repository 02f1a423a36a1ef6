import { createPublicKey } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dkimKeygenDocumentSchema, dkimRecordDocumentSchema } from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exactly } from './command-document.ts'
import { messageOf } from './made-messages.ts'
import { type CommandOptions, runCommand } from './run-command.ts'
import { startTxtServer } from './servers/txt-server.ts'

const plain = messageOf(['From: a@example.org', 'To: b@example.net', 'Subject: x'])

let folder = ''
const dkim = (args: readonly string[], options: CommandOptions = {}) =>
  runCommand(['dkim', ...args], { workingDirectory: folder, ...options })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-dkim-'))
  for (const [selector, type] of [
    ['r', 'rsa'],
    ['e', 'ed25519'],
  ] as const) {
    const made = await dkim(['keygen', '--domain', 'example.org', '--selector', selector, '--type', type])
    if (made.code !== 0) throw new Error(made.stderr)
    writeFileSync(join(folder, `${selector}.zone`), made.stdout)
  }
  writeFileSync(join(folder, 'dmarc.zone'), '_dmarc.example.org. TXT "v=DMARC1; p=reject"\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('dkim keygen', () => {
  test('DKIM-009, DKIM-011 RSA of 2048 bits; the record in strings of at most 255 octets', async () => {
    const { stdout, code } = await dkim(['keygen', '--domain', 'EXAMPLE.org', '--selector', 'S1', '--json'])
    const made = exactly(dkimKeygenDocumentSchema, stdout)
    expect(code).toBe(0)
    expect(made).toMatchObject({ domain: 'example.org', keyType: 'rsa', name: 's1._domainkey.example.org' })
    const der = Buffer.from(/p=(.*)$/.exec(made.record)?.[1] ?? '', 'base64')
    expect(createPublicKey({ key: der, format: 'der', type: 'spki' }).asymmetricKeyDetails?.modulusLength).toBe(2048)
    const strings = [...made.zoneLine.matchAll(/"([^"]*)"/g)].map(match => match[1] ?? '')
    expect(strings.join('')).toBe(made.record)
    expect(Math.max(...strings.map(text => text.length))).toBeLessThanOrEqual(255)
    expect(stdout).not.toContain('PRIVATE')
  })

  test('the private key can be read by its owner alone, and is never replaced without --force', async () => {
    const file = join(folder, 'r.example.org.pem')
    const before = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = ['keygen', '--domain', 'example.org', '--selector', 'r']
    const refused = await dkim(again)
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(readFileSync(file, 'utf8')).toBe(before)
    const copy = [...again, '--key', 'copy.pem']
    expect((await dkim(copy)).code).toBe(0)
    const first = readFileSync(join(folder, 'copy.pem'), 'utf8')
    expect((await dkim([...copy, '--force'])).code).toBe(0)
    expect(readFileSync(join(folder, 'copy.pem'), 'utf8')).not.toBe(first)
    expect(statSync(join(folder, 'copy.pem')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).filter(name => name.endsWith('.new'))).toEqual([])
  })

  test.each([
    [['keygen'], '--domain is needed'],
    [['keygen', '--domain', 'org'], 'no domain of two labels'],
    [['keygen', '--domain', 'example.org', '--selector', 'a_b'], 'is no selector'],
    [['keygen', '--domain', 'example.org', '--type', 'dsa'], 'neither rsa nor ed25519'],
  ])('bad usage %j', async (args, text) => {
    const { code, stderr } = await dkim(args)
    expect([code, stderr]).toEqual([3, expect.stringContaining(text)])
  })
})

const verdictOf = async (message: string) => {
  const zones = ['r.zone', 'e.zone', 'dmarc.zone'].flatMap(name => ['--zone', name])
  const { stdout } = await runCommand(['verify', '-', '--json', ...zones], {
    workingDirectory: folder,
    stdin: Buffer.from(message, 'latin1'),
  })
  const results: {
    readonly messages: readonly { readonly results: { readonly dkim: readonly Record<string, unknown>[] } }[]
  } = JSON.parse(stdout)
  return results.messages[0]?.results.dkim ?? []
}
const signing = (selector: string) => [
  '--domain',
  'example.org',
  '--selector',
  selector,
  '--key',
  `${selector}.example.org.pem`,
]

describe('dkim sign', () => {
  test.each(
    ['r', 'e'].flatMap(selector =>
      ['relaxed/relaxed', 'relaxed/simple', 'simple/relaxed', 'simple/simple'].map(form => [selector, form] as const),
    ),
  )('what it signs verifies: key %s, %s', async (selector, form) => {
    const { stdout, code } = await dkim(['sign', '-', ...signing(selector), '--canonicalization', form], {
      stdin: Buffer.from(plain),
    })
    expect(code).toBe(0)
    expect(stdout.endsWith(plain)).toBe(true)
    expect(await verdictOf(stdout)).toMatchObject([{ result: 'pass', selector }])
  })

  test('DKIM-058 a message with bare line feeds is signed as it will travel, and keeps its form', async () => {
    const stdin = Buffer.from(plain.replaceAll('\r\n', '\n'))
    const { stdout } = await dkim(['sign', '-', ...signing('e')], { stdin })
    expect(stdout).not.toContain('\r')
    expect(await verdictOf(stdout)).toMatchObject([{ result: 'pass' }])
    expect(await verdictOf(stdout.replaceAll('\n', '\r\n'))).toMatchObject([{ result: 'pass' }])
  })

  test('DKIM-054 a field that is added later breaks the signature', async () => {
    const { stdout } = await dkim(['sign', '-', ...signing('e')], { stdin: Buffer.from(plain) })
    expect(await verdictOf(stdout.replace('\r\nFrom:', '\r\nSubject: another\r\nFrom:'))).toMatchObject([
      { result: 'fail' },
    ])
  })

  test('two signatures stand beside each other; the fields and the time are chosen', async () => {
    const first = await dkim(['sign', '-', ...signing('r'), '--headers', 'From:Subject', '--expires', 'never'], {
      stdin: Buffer.from(plain),
    })
    const second = await dkim(['sign', '-', ...signing('e'), '--expires', '1h'], { stdin: Buffer.from(first.stdout) })
    const [own, other] = await verdictOf(second.stdout)
    expect([own?.['result'], other?.['result']]).toEqual(['pass', 'pass'])
    expect(other).toMatchObject({ expiresAt: null, signedFields: ['from', 'from', 'subject', 'subject'] })
    expect(Date.parse(String(own?.['expiresAt'])) - Date.parse(String(own?.['signedAt']))).toBe(3_600_000)
  })

  test('a key that others can read is used with a warning', async () => {
    const key = join(folder, 'open.pem')
    writeFileSync(key, readFileSync(join(folder, 'e.example.org.pem')), { mode: 0o644 })
    const { code, stderr } = await dkim(['sign', '-', '--domain', 'example.org', '--selector', 'e', '--key', key], {
      stdin: Buffer.from(plain),
    })
    expect([code, stderr]).toEqual([0, expect.stringContaining('can be read by others')])
  })

  test.each([
    ['two From fields', `From: x@example.com\r\n${plain}`, [], 'there are 2 From fields'],
    ['no message', 'text', [], 'this is no message'],
    ['an mbox', `From a Tue Nov 24 10:00:00 2026\r\n${plain}`, [], 'this is an mbox'],
    ['fields without From', plain, ['--headers', 'Subject'], '--headers has to hold From'],
    ['an unknown form', plain, ['--canonicalization', 'loose'], 'is not known'],
    ['a strange time', plain, ['--expires', 'soon'], 'is no duration'],
  ])('%s is not signed', async (_, message, more, text) => {
    const { code, stdout, stderr } = await dkim(['sign', '-', ...signing('e'), ...more], {
      stdin: Buffer.from(message),
    })
    expect([code, stdout, stderr]).toEqual([3, '', expect.stringContaining(text)])
  })
})

describe('dkim record', () => {
  test('of a private and of a public key it is the same, as keygen printed it', async () => {
    const printed = readFileSync(join(folder, 'r.zone'), 'utf8')
    const args = ['--domain', 'example.org', '--selector', 'r']
    expect((await dkim(['record', 'r.example.org.pem', ...args])).stdout).toBe(printed)
    const publicKey = createPublicKey(readFileSync(join(folder, 'r.example.org.pem')))
    writeFileSync(join(folder, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
    expect((await dkim(['record', 'public.pem', ...args])).stdout).toBe(printed)
    expect((await dkim(['record', 'public.pem'])).stdout).toMatch(/^v=DKIM1; k=rsa; p=/)
  })

  test.each([
    ['e.zone', 'published', 0],
    ['dmarc.zone', 'none', 2],
    ['other.zone', 'other', 2],
    ['revoked.zone', 'revoked', 2],
    ['broken.zone', 'broken', 2],
  ])('--check against %s: %s', async (name, state, exit) => {
    const ed = readFileSync(join(folder, 'e.zone'), 'utf8')
    const other = readFileSync(join(folder, 'r.zone'), 'utf8').replace('r._domainkey', 'e._domainkey')
    writeFileSync(join(folder, 'other.zone'), other)
    writeFileSync(join(folder, 'revoked.zone'), 'e._domainkey.example.org. TXT "v=DKIM1; p="\n')
    writeFileSync(join(folder, 'broken.zone'), `${ed}${other}`)
    const args = [
      'record',
      'e.example.org.pem',
      '--domain',
      'example.org',
      '--selector',
      'e',
      '--check',
      '--zone',
      name,
    ]
    const { stdout, code } = await dkim([...args, '--json'])
    expect(exactly(dkimRecordDocumentSchema, stdout)).toMatchObject({ published: { state }, exit })
    expect(code).toBe(exit)
  })

  test('--check of a resolver that fails is 5', async () => {
    const dns = await startTxtServer({}, 2)
    try {
      const args = ['record', 'e.example.org.pem', '--domain', 'example.org', '--selector', 'e', '--check']
      expect((await dkim([...args, '--resolver', dns.address])).code).toBe(5)
    } finally {
      dns.close()
    }
  })

  test.each([
    [['record'], 'which key file?'],
    [['record', 'missing.pem'], 'cannot be read'],
    [['record', 'e.zone'], 'holds no key in PEM form'],
    [['record', 'e.example.org.pem', '--check'], '--check needs'],
    [['record', 'e.example.org.pem', '--domain', 'example.org'], 'belong together'],
  ])('bad usage %j', async (args, text) => {
    const { code, stderr } = await dkim(args)
    expect([code, stderr]).toEqual([3, expect.stringContaining(text)])
  })
})
