import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, createGzip, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportMail, reportXml } from './made-reports.ts'
import { peakMemoryArguments } from './peak-memory.ts'
import { type IngestAnswer, type IngestDocument, program } from './run-command.ts'

const mebibyte = 1_048_576
/** Resident memory of the whole process for any single input. */
const memoryLimit = 250 * mebibyte

/** The inputs that are large, or become so. */
const heavy: readonly string[] = [
  'spaces-300mb.gz',
  'text-node-300mb.xml.gz',
  'elements-300mb.xml.gz',
  'zeros-2gb.gz',
  'bomb-in-mail.eml',
  'attributes.xml',
  'parts.eml',
  'tls-17mb.json',
  'json-deep.json',
  'mail-30mb.eml',
]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-bad-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const xml = reportXml({ id: 'base' })
/** A report up to its first record, with an id of its own. */
const headOf = (id: string): string => xml.slice(0, xml.indexOf('  <record>')).replace('>base<', `>${id}<`)
const withRow = (sourceIp: string, count: string): string =>
  `${headOf(`row ${sourceIp} ${count}`)}<record><row><source_ip>${sourceIp}</source_ip><count>${count}</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers><auth_results/></record></feedback>`

/** A mail with these parts, each a whole MIME part. */
const mailOf = (parts: readonly string[], headers = ''): Buffer =>
  Buffer.from(
    `From: a@receiver.example\r\nSubject: x\r\n${headers}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n${parts.map(part => `--b\r\n${part}\r\n`).join('')}--b--\r\n`,
    'latin1',
  )
const attachment = (bytes: Buffer): string =>
  `Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${bytes.toString('base64').replace(/(.{76})/g, '$1\r\n')}`
const reportPart = (id: string): string => attachment(gzipSync(reportXml({ id })))

/** gzip of `head`, then so many MiB of one character, then `tail`. */
async function bomb(head: string, character: string, mebibytes: number, tail = ''): Promise<Buffer> {
  const packer = createGzip({ level: 9 })
  const parts: Buffer[] = []
  packer.on('data', part => parts.push(part))
  const done = new Promise(resolve => packer.once('end', resolve))
  packer.write(head)
  const block = Buffer.alloc(mebibyte, character)
  for (let written = 0; written < mebibytes; written++) {
    if (!packer.write(block)) await new Promise(resolve => packer.once('drain', resolve))
  }
  packer.end(tail)
  await done
  return Buffer.concat(parts)
}

const nestedMail = (levels: number): Buffer => {
  const open = Array.from(
    { length: levels },
    (_, at) => `Content-Type: multipart/mixed; boundary="n${at}"\r\n\r\n--n${at}\r\n`,
  )
  return Buffer.from(`From: a@receiver.example\r\nMIME-Version: 1.0\r\n${open.join('')}\r\ntext\r\n`, 'latin1')
}

const repeat = (levels: number, from: Buffer): Buffer => (levels === 0 ? from : repeat(levels - 1, gzipSync(from)))

const cutGzip = gzipSync(reportXml({ id: 'cut', records: 400 })).subarray(0, 4000)
/** What zlib itself gets out of a gzip that is cut off. */
const inflated = (bytes: Buffer): string => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8')

/** What a case must come to: quarantined with this code, or read with so many rows. */
type Wanted = { readonly code: string | RegExp } | { readonly rows: number } | 'noted'

const cases: Readonly<Record<string, { readonly make: () => Buffer | Promise<Buffer>; readonly wanted: Wanted }>> = {
  'spaces-300mb.gz': { make: () => bomb('', ' ', 300), wanted: { code: /./ } },
  'text-node-300mb.xml.gz': {
    make: () => bomb(`${headOf('text node')}<extra>`, 'x', 300, '</extra></feedback>'),
    wanted: { rows: 0 },
  },
  'elements-300mb.xml.gz': {
    make: () => bomb(`${headOf('elements in an unknown one')}<extra>`, '<x></x>\n', 300, '</extra></feedback>'),
    wanted: { rows: 0 },
  },
  'zeros-2gb.gz': { make: () => bomb('', '\0', 2048), wanted: { code: /./ } },
  'bomb-in-mail.eml': {
    make: async () =>
      mailOf([attachment(await bomb(`${headOf('bomb in mail')}<extra>`, 'x', 300, '</extra></feedback>'))]),
    wanted: { rows: 0 },
  },
  'gzip-5-times.gz': { make: () => repeat(5, Buffer.from(xml)), wanted: { code: 'too-deep' } },
  'gzip-3-times.gz': { make: () => repeat(3, Buffer.from(reportXml({ id: 'three' }))), wanted: { rows: 3 } },
  'nested-tags.xml': {
    make: () => Buffer.from(`${headOf('nested')}${'<a>'.repeat(200_000)}`),
    wanted: { code: 'aggregate-depth' },
  },
  'entities.xml': {
    make: () =>
      Buffer.from(
        `<!DOCTYPE f [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 30 }, (_, at) => `<!ENTITY b${at} "&${at === 0 ? 'a' : `b${at - 1}`};&${at === 0 ? 'a' : `b${at - 1}`};">`).join('')}]>${xml.slice(xml.indexOf('<feedback>')).replace('receiver.example', '&b29;')}`,
      ),
    wanted: { code: 'aggregate-entity-used' },
  },
  'external-entity.xml': {
    make: () =>
      Buffer.from(
        `<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml.slice(xml.indexOf('<feedback>')).replace('receiver.example', '&x;')}`,
      ),
    wanted: { code: 'aggregate-entity-used' },
  },
  'attributes.xml': {
    make: () =>
      Buffer.from(
        reportXml({ id: 'attributes' }).replace(
          '<version>',
          `<version ${Array.from({ length: 100_000 }, (_, at) => `a${at}="1"`).join(' ')}>`,
        ),
      ),
    wanted: { code: 'aggregate-tag-long' },
  },
  'folded-header.eml': {
    make: () => mailOf([reportPart('folded')], `X-Folded: a\r\n${` ${'f'.repeat(70)}\r\n`.repeat(5700)}`),
    wanted: { rows: 3 },
  },
  'parts.eml': {
    make: () =>
      mailOf([...Array.from({ length: 10_000 }, () => 'Content-Type: text/plain\r\n\r\nx'), reportPart('parts')]),
    wanted: { code: 'too-many-parts' },
  },
  'nested-parts.eml': { make: () => nestedMail(5000), wanted: 'noted' },
  'utf-16.xml': {
    make: () => Buffer.from(`\ufeff${reportXml({ id: 'utf-16' }).replace('UTF-8', 'UTF-16')}`, 'utf16le'),
    wanted: { rows: 3 },
  },
  'nul-in-text.xml': {
    make: () => Buffer.from(reportXml({ id: 'nul' }).replace('<version>1.0', '<version>1.\0\u00000')),
    wanted: { rows: 3 },
  },
  'nul-after-root.xml': {
    make: () => Buffer.concat([Buffer.from(reportXml({ id: 'nul-after' })), Buffer.alloc(100_000)]),
    wanted: { rows: 3 },
  },
  'count-1e20.xml': { make: () => Buffer.from(withRow('192.0.2.1', '100000000000000000000')), wanted: { rows: 0 } },
  'count-negative.xml': { make: () => Buffer.from(withRow('192.0.2.2', '-3')), wanted: { rows: 0 } },
  'count-limit.xml': { make: () => Buffer.from(withRow('192.0.2.3', '1099511627776')), wanted: { rows: 1 } },
  'count-over-limit.xml': { make: () => Buffer.from(withRow('192.0.2.4', '1099511627777')), wanted: { rows: 0 } },
  'ip-none.xml': { make: () => Buffer.from(withRow('X.X.X.X', '5')), wanted: { rows: 1 } },
  'ip-999.xml': { make: () => Buffer.from(withRow('999.1.1.1', '6')), wanted: { rows: 1 } },
  'tls-17mb.json': {
    make: () => Buffer.from(`{"organization-name":"${'x'.repeat(17 * mebibyte)}","policies":[]}`),
    wanted: { code: /large/ },
  },
  'json-deep.json': { make: () => Buffer.from('{"policies":'.concat('['.repeat(200_000))), wanted: { code: /./ } },
  'mail-30mb.eml': {
    make: () => Buffer.concat([mailOf([reportPart('large')]), Buffer.alloc(30 * mebibyte, 'x\r\n')]),
    wanted: { code: 'too-large' },
  },
  'truncated.xml.gz': {
    make: () => cutGzip,
    wanted: { rows: inflated(cutGzip).split('</record>').length - 1 },
  },
  'random.bin': {
    make: () => Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919 + 13) % 256)),
    wanted: { code: /./ },
  },
  'empty.eml': { make: () => Buffer.alloc(0), wanted: 'noted' },
}

interface Measured {
  readonly answer: IngestAnswer
  readonly peakBytes: number
}

/** Runs `ingest --json` with a look at the most memory it ever had. */
async function ingestMeasured(args: readonly string[]): Promise<Measured> {
  const peakFile = join(folder, 'peak')
  const child = spawn(process.execPath, [...peakMemoryArguments(peakFile), program, 'ingest', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  await new Promise(resolve => child.once('close', resolve))
  return { answer: JSON.parse(output), peakBytes: Number(readFileSync(peakFile, 'utf8')) }
}

function judge(name: string, documents: readonly IngestDocument[], wanted: Wanted): string | null {
  const told = documents.map(({ verdict, code, rows }) => `${verdict} ${code ?? ''} ${rows ?? ''}`).join('; ')
  const fault = `${name}: ${told === '' ? 'no verdict' : told}`
  if (wanted === 'noted') return documents.every(one => one.verdict === 'none') ? null : fault
  if ('rows' in wanted) {
    const isRead = documents.some(one => ['stored', 'tolerated'].includes(one.verdict) && one.rows === wanted.rows)
    return isRead ? null : fault
  }
  const fits = (code: string): boolean =>
    typeof wanted.code === 'string' ? wanted.code === code : wanted.code.test(code)
  return documents.some(one => one.verdict === 'quarantine' && fits(one.code ?? '')) ? null : fault
}

describe('hostile and broken input through the command', () => {
  test('each gets a clear verdict in bounded memory, and the rest of the batch is stored', {
    timeout: 300_000,
  }, async () => {
    const batch = join(folder, 'batch')
    mkdirSync(batch)
    for (const [name, { make }] of Object.entries(cases)) writeFileSync(join(batch, name), await make())
    for (let number = 0; number < 20; number++) {
      const name = number % 2 === 0 ? `0-good-${number}.eml` : `zz-good-${number}.eml`
      writeFileSync(join(batch, name), reportMail({ id: `good-${number}` }))
    }
    const began = performance.now()
    const { answer, peakBytes } = await ingestMeasured(['--data', join(folder, 'data'), batch])
    const seconds = (performance.now() - began) / 1000
    const of = (name: string): IngestDocument[] => answer.documents.filter(one => one.name === `batch/${name}`)
    const faults = Object.entries(cases).map(([name, { wanted }]) => judge(name, of(name), wanted))
    expect(faults.filter(fault => fault !== null)).toEqual([])
    const good = answer.documents.filter(one => one.name.includes('good') && one.verdict === 'stored')
    expect(good).toHaveLength(20)
    for (const one of answer.documents.filter(document => document.verdict === 'quarantine')) {
      expect(one.reason, one.name).toMatch(/^[A-Z].+\.$/s)
    }
    console.log(`peak ${Math.round(peakBytes / mebibyte)} MiB, ${seconds.toFixed(1)} s`)
    expect(peakBytes).toBeLessThan(memoryLimit)
    expect(seconds).toBeLessThan(120)
  })

  test.each(heavy)('%s alone stays within the bound of a single input', { timeout: 120_000 }, async name => {
    const input = join(folder, name)
    const one = cases[name]
    if (one === undefined) throw new Error(`there is no case ${name}`)
    writeFileSync(input, await one.make())
    const { answer, peakBytes } = await ingestMeasured(['--data', join(folder, `data-${name}`), input])
    expect(judge(name, answer.documents, one.wanted)).toBeNull()
    console.log(`peak of ${name} ${Math.round(peakBytes / mebibyte)} MiB`)
    expect(peakBytes).toBeLessThan(memoryLimit)
  })
})
