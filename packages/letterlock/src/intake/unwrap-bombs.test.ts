import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const run = promisify(execFile)

/** Megabytes that any single input may take. */
const memoryLimit = 250
const operator = 1_073_741_824
const outside = 104_857_600

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unwrap-bombs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly documents: Readonly<Record<string, number>>
  readonly cpuMilliseconds: number
  readonly megabytes: number
}

async function unwrapApart(bytes: Uint8Array, way: 'bytes' | 'stream', limit: number): Promise<Outcome['documents']> {
  const path = join(folder, 'input')
  writeFileSync(path, bytes)
  const script = join(root, 'bench/unwrap-memory.ts')
  const { stdout } = await run(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', script, path, way, String(limit)],
    { cwd: root },
  )
  const outcome = JSON.parse(stdout) as Outcome
  expect(outcome.megabytes).toBeLessThan(memoryLimit)
  expect(outcome.cpuMilliseconds).toBeLessThan(20_000)
  return outcome.documents
}

/** A gzip of 300 MB, made of members, so that the test needs no 300 MB itself. */
function bomb(start: string): Buffer {
  const filler = gzipSync(Buffer.alloc(10_000_000, 0x20), { level: 9 })
  return Buffer.concat([gzipSync(start), ...Array.from({ length: 30 }, () => filler)])
}

function mail(type: string, body: Buffer): Buffer {
  const head = `From: a@reporter.example\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body.toString('base64'))])
}

/** A zip whose members all point to the same packed bytes. */
function overlappingZip(members: number, packed: Buffer): Buffer {
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(8, 8)
  local.writeUInt32LE(packed.length, 18)
  const entry = Buffer.alloc(46 + 5)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(packed.length, 20)
  entry.writeUInt16LE(5, 28)
  entry.write('a.xml', 46)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members, 8)
  end.writeUInt16LE(members, 10)
  end.writeUInt32LE(entry.length * members, 12)
  end.writeUInt32LE(local.length + packed.length, 16)
  return Buffer.concat([local, packed, ...Array.from({ length: members }, () => entry), end])
}

describe('hostile input stays within memory and time', { timeout: 120_000 }, () => {
  it('AGG-030 a gzip of 300 KB that unpacks to 300 MB', async () => {
    const packed = bomb('<feedback>')
    expect(packed.length).toBeLessThan(320_000)
    expect(await unwrapApart(mail('application/gzip', packed), 'bytes', outside)).toEqual({ 'unpacks-too-large': 1 })
    expect(await unwrapApart(packed, 'stream', operator)).toEqual({ 'aggregate-xml': 1 })
    expect(await unwrapApart(bomb('{"policies":['), 'stream', operator)).toEqual({ 'too-large': 1 })
    expect(await unwrapApart(bomb('From: a@b.example\n\n'), 'stream', operator)).toEqual({ 'too-large': 1 })
    expect(await unwrapApart(bomb(''), 'stream', operator)).toEqual({ 'not-a-report': 1 })
  })

  it('AGG-030 bombs in each other', async () => {
    const nested = gzipSync(gzipSync(bomb('<feedback>'), { level: 9 }), { level: 9 })
    expect(await unwrapApart(nested, 'stream', outside)).toEqual({ 'unpacks-too-large': 1 })
    expect(await unwrapApart(gzipSync(nested), 'stream', outside)).toEqual({ 'too-deep': 1 })
  })

  it('AGG-030 a zip of members that overlap', async () => {
    const packed = deflateRawSync(Buffer.concat([Buffer.from('<feedback>'), Buffer.alloc(3_000_000, 0x20)]), {
      level: 9,
    })
    const documents = await unwrapApart(overlappingZip(60_000, packed), 'stream', outside)
    expect(documents['aggregate-xml']).toBe(34)
    expect(documents['unpacks-too-large']).toBe(478)
    expect(documents['too-many-members']).toBe(1)
  })

  it('a mail of 10,001 parts, each of them a bomb', async () => {
    const packed = gzipSync(Buffer.concat([Buffer.from('<feedback>'), Buffer.alloc(500_000, 0x20)]), {
      level: 9,
    }).toString('base64')
    const part = `--b\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${packed}\r\n`
    const message = `From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(10_001)}--b--`
    const documents = await unwrapApart(Buffer.from(message), 'bytes', outside)
    expect(documents).toEqual({ 'aggregate-xml': 209, 'unpacks-too-large': 9_791, 'too-many-parts': 1 })
  })

  it('a mail of nothing but a header, a folded field of 400 KB, and one large attachment', async () => {
    const fields = Buffer.from(`From: a@b.example\r\n${'X-Field: value\r\n'.repeat(1_600_000)}`)
    expect(await unwrapApart(fields, 'bytes', outside)).toEqual({ none: 1 })
    const folded = Buffer.from(`From: a@b.example\r\nSubject: a${'\r\n aaaaaaaaaaaaaaaaaa'.repeat(20_000)}\r\n\r\nbody`)
    expect(await unwrapApart(folded, 'bytes', outside)).toEqual({ none: 1 })
    expect(
      await unwrapApart(mail('application/octet-stream', Buffer.alloc(19_000_000, 0x80)), 'bytes', outside),
    ).toEqual({ none: 1 })
  })

  it('TLSRPT-031 JSON of 16 MB that is all values, or all nesting', async () => {
    const members = `{"policies":[${'{"a":0},'.repeat(2_000_000)}0]}`
    expect(await unwrapApart(Buffer.from(members), 'stream', operator)).toEqual({ 'json-values': 1 })
    const nested = `{"policies":${'['.repeat(200_000)}`
    expect(await unwrapApart(Buffer.from(nested), 'stream', operator)).toEqual({ 'json-depth': 1 })
  })
})
