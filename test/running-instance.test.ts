import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { program, runCommand } from './run-command.ts'
import { testReportXml } from './server/reports.ts'

const folder = mkdtempSync(join(tmpdir(), 'letterlock-running-'))
const data = join(folder, 'data')
const today = Math.floor(Date.now() / 86_400_000)
let running: ChildProcess | null = null

/** Starts an instance on the data, and waits until it can be asked. */
async function startInstance(): Promise<void> {
  const child = spawn(process.execPath, [program, 'serve', '--data', data, '--listen', '127.0.0.1:0'], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LETTERLOCK_SENDERS_REVERSE_NAMES: 'false' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running = child
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  await expect.poll(() => said, { timeout: 30_000 }).toContain('letterlock: open http://')
}

async function stopInstance(): Promise<void> {
  const child = running
  running = null
  if (child === null || child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

const senders = (...args: readonly string[]) => runCommand(['senders', ...args, '--data', data])

async function json<T>(...args: readonly string[]): Promise<T> {
  const result = await senders(...args, '--json')
  expect(result.stderr.includes('error'), result.stderr).toBe(false)
  return JSON.parse(result.stdout) as T
}

const record = {
  ip: '198.51.100.7',
  count: 3,
  disposition: 'none',
  dkim: 'pass',
  spf: 'fail',
  headerFrom: 'example.org',
  signature: { domain: 'example.org', selector: 's1', result: 'pass' },
  envelope: { domain: 'bounce.example', result: 'fail' },
} as const

beforeAll(async () => {
  for (const domain of ['example.org', 'example.net']) {
    const unaligned = { ...record, count: 40, dkim: 'fail', headerFrom: domain } as const
    const records = [
      { ...record, headerFrom: domain, signature: { ...record.signature, domain } },
      { ...unaligned, signature: { domain: 'erp.example', selector: 'a', result: 'pass' } },
      { ...unaligned, count: 7, signature: { domain: 'mail.sendgrid.net', selector: 'a', result: 'pass' } },
    ] as const
    const xml = testReportXml({ id: 'r', domain, reporter: 'receiver.example', day: today - 1, p: 'none', records })
    writeFileSync(join(folder, `${domain}.xml`), xml)
  }
  const files = ['example.org', 'example.net'].map(domain => join(folder, `${domain}.xml`))
  expect(await runCommand(['ingest', ...files, '--data', data])).toMatchObject({ code: 0 })
}, 120_000)
afterAll(async () => {
  await stopInstance()
  rmSync(folder, { recursive: true, force: true })
})

interface Listed {
  readonly senders: readonly { readonly domain: string; readonly key: string; readonly name: string | null }[]
}

describe('senders speaks to a running instance as to a store', () => {
  test('list says the same', async () => {
    const alone = await json<Listed>('list')
    expect(alone.senders).toHaveLength(6)
    const one = await json<Listed>('list', '--domain', 'example.net', '--days', '5')
    await startInstance()
    expect(await json<Listed>('list')).toEqual(alone)
    expect(await json<Listed>('list', '--domain', 'example.net', '--days', '5')).toEqual(one)
    expect(await json<Listed>('list', '--domain', 'nobody.example')).toMatchObject({ senders: [] })
  }, 120_000)

  test('decide says what it will change, changes it, and keeps why', async () => {
    const set = await senders('decide', 'example.org', 'service:twilio-sendgrid', 'mine', '--note', 'shop', '--yes')
    expect(set.code, set.stderr).toBe(0)
    expect(set.stderr).toMatch(
      /example\.org: .*SendGrid.* \(service:twilio-sendgrid\) is undecided now; it will be mine\./,
    )
    const again = await json('decide', 'example.org', 'service:twilio-sendgrid', 'mine', '--yes')
    expect(again).toMatchObject({ result: 'unchanged' })
    const history = await json('decide', 'example.org', 'service:twilio-sendgrid')
    expect(history).toMatchObject({ decisions: [{ decision: 'mine', note: 'shop' }] })
    const unknownDomain = await senders('decide', 'nobody.example', 'service:twilio-sendgrid', 'mine', '--yes')
    expect(unknownDomain).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown domain') })
    const unknownSender = await senders('decide', 'example.org', 'ptr:nobody.example', 'mine', '--yes')
    expect(unknownSender).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown sender') })
    expect(await senders('decide', 'example.org', 'as:64511', 'mine', '--yes')).toMatchObject({ code: 3 })
    const longest = 'x'.repeat(2000)
    const note = (text: string) =>
      senders('decide', 'example.net', 'service:twilio-sendgrid', 'mine', '--note', text, '--yes')
    expect(await note(longest)).toMatchObject({ code: 0 })
    expect(await note(`${longest}x`)).toMatchObject({ code: 3, stderr: expect.stringContaining('2000 characters') })
    // Nobody answers the question: nothing is changed.
    expect(await senders('decide', 'example.org', 'service:twilio-sendgrid', 'not-mine')).toMatchObject({ code: 3 })
    const unchanged = await json('decide', 'example.org', 'service:twilio-sendgrid')
    expect(unchanged).toEqual(history)
  }, 120_000)

  test('import says what it will replace, and the names are there at once', async () => {
    const map = join(folder, 'map.csv')
    writeFileSync(map, 'base_reverse_dns,name,type\nerp.example,Our ERP,Shop\ncom,Everybody,\n')
    const result = await senders('import', map, '--yes')
    expect(result.code, result.stderr).toBe(0)
    expect(result.stderr).toContain('1 names and 0 services; 1 left out')
    expect(result.stderr).toContain('take the place of 0 names and 0 services')
    const { senders: listed } = await json<Listed>('list', '--domain', 'example.org')
    expect(listed.find(({ key }) => key === 'dkim:erp.example')?.name).toBe('Our ERP')
    const more = await senders('import', map, '--yes')
    expect(more.stderr).toContain('take the place of 1 names and 0 services')
  }, 120_000)
})

describe('other commands at a running instance', () => {
  const command = (name: string, ...args: readonly string[]) => runCommand([name, ...args, '--data', data])

  test('reparse says how many reports, and has the instance read them again', async () => {
    const asked = await command('reparse')
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('2 reports will be read again') })
    const all = await command('reparse', '--yes', '--json')
    expect(JSON.parse(all.stdout)).toMatchObject({ reparsed: 2, withoutBytes: 0, unreadable: 0, exit: 0 })
    const ofKind = await command('reparse', '--kind', 'tls', '--yes', '--json')
    expect(JSON.parse(ofKind.stdout)).toMatchObject({ reparsed: 0 })
    const later = await command('reparse', '--since', '9999-01-01', '--yes', '--json')
    expect(JSON.parse(later.stdout)).toMatchObject({ reparsed: 0 })
    const named = await command('reparse', '--report', '1', '--report', '99', '--yes', '--json')
    expect(JSON.parse(named.stdout)).toMatchObject({ reparsed: 1 })
  }, 120_000)

  test('ingest gives it the files', async () => {
    const answer = await command('ingest', join(folder, 'example.org.xml'), '--json')
    expect(answer.code, answer.stderr).toBe(0)
    expect(JSON.parse(answer.stdout)).toMatchObject({ documents: [{ verdict: 'known', kind: 'aggregate' }] })
  }, 120_000)

  test('backup copies while it runs, and restore is refused', async () => {
    const file = join(folder, 'copy.sqlite')
    const copied = await command('backup', file, '--json')
    expect(JSON.parse(copied.stdout)).toMatchObject({ schema: 'letterlock.backup/1' })
    expect(copied.stderr).toContain(`will be written to ${file}`)
    expect(await command('restore', file, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is running on this data'),
    })
    // Nothing was lost on the way: the store alone says what the instance said, and so does the copy.
    const before = await json<Listed>('list')
    await stopInstance()
    expect(await json<Listed>('list')).toEqual(before)
    expect((await command('restore', file, '--yes')).code).toBe(0)
    expect(await json<Listed>('list')).toEqual(before)
  }, 120_000)
})
