import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportXml } from '../../../../test/made-reports.ts'
import { LargeTurnQueue, largeDocumentsAtOnce } from './large-turns.ts'
import { outsideUnpackedLimit, unwrap } from './unwrap.ts'
import { inlineBytesLimit } from './unwrap-inflate.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

describe('turns of large documents', () => {
  it('limit: so many documents at once, the others in the order in which they asked', () => {
    expect(largeDocumentsAtOnce).toBe(1)
    const queue = new LargeTurnQueue<string>()
    const begun: string[] = []
    for (const [owner, turn] of [
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ] as const)
      queue.ask(owner, turn, () => begun.push(`${owner}${turn}`))
    expect(begun).toEqual(['a1'])
    queue.end('b', 1)
    expect(begun).toEqual(['a1'])
    queue.end('a', 1)
    expect(begun).toEqual(['a1', 'b1'])
    queue.end('b', 1)
    expect(begun).toEqual(['a1', 'b1', 'a2'])
  })

  it('a thread that is no more gives up its turn and waits for none', () => {
    const queue = new LargeTurnQueue<string>()
    const begun: string[] = []
    queue.ask('a', 1, () => begun.push('a1'))
    queue.ask('a', 2, () => begun.push('a2'))
    queue.ask('b', 1, () => begun.push('b1'))
    queue.leave('a')
    expect(begun).toEqual(['a1', 'b1'])
  })

  it('an input takes one turn where it holds something large, and ends it, also where its reader stops', async () => {
    const told: string[] = []
    const largeTurns = {
      take: async () => {
        told.push('take')
        return () => told.push('end')
      },
    }
    const options = { name: 'input', unpackedLimit: outsideUnpackedLimit, largeTurns }
    const small = Buffer.from(`<feedback>${' '.repeat(inlineBytesLimit - 10)}`)
    const large = Buffer.from(`<feedback>${' '.repeat(inlineBytesLimit - 9)}`)
    const kinds: string[] = []
    for (const bytes of [small, gzipSync(small)])
      for await (const document of unwrap({ bytes }, options)) kinds.push(document.kind)
    expect(told).toEqual([])
    for (const bytes of [large, gzipSync(large), gzipSync(gzipSync(large))]) {
      for await (const document of unwrap({ bytes }, options)) {
        kinds.push(document.kind)
        expect(told.splice(0)).toEqual(['take'])
        break
      }
      expect(told.splice(0)).toEqual(['end'])
    }
    expect(kinds).toEqual(Array(5).fill('aggregate-xml'))
  })
})

/** Resident memory of a process that reads hostile files with four threads: 250 MB for one, and what a thread keeps. */
const memoryLimit = 420
const small = 24

describe('several hostile files at once', { timeout: 240_000 }, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'large-turns-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const details = (report: number): Buffer => {
    const detail = (at: number): string =>
      `{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.${at % 250}","receiving-mx-hostname":"mx${at}.example.org","failed-session-count":${at},"failure-reason-code":"code ${at} of reason"}`
    return Buffer.from(
      `{"organization-name":"R","date-range":{"start-datetime":"2026-01-11T00:00:00Z","end-datetime":"2026-01-11T23:59:59Z"},"report-id":"${report}","policies":[{"policy":{"policy-type":"sts","policy-domain":"example.org"},"failure-details":[${Array.from({ length: 80_000 }, (_, at) => detail(at))}]}]}`,
    )
  }
  const values = Buffer.from(`{"policies":[${'{"a":0},'.repeat(2_000_000)}0]}`)
  const mail = Buffer.concat([
    Buffer.from(
      'From: a@b.example\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    ),
    Buffer.from(Buffer.alloc(19_000_000, 0x80).toString('base64')),
  ])

  it('AGG-030 four threads take little more memory than one', async () => {
    const hostile = [...Array.from({ length: 4 }, (_, at) => gzipSync(details(at), { level: 1 })), mail]
    const files = [...hostile, ...Array.from({ length: 4 }, () => gzipSync(values, { level: 1 })), mail]
    for (const [at, bytes] of files.entries()) {
      writeFileSync(join(folder, `${at}-0`), bytes)
      for (let number = 0; number < small; number++)
        writeFileSync(join(folder, `${at}-small-${number}`), reportXml({ id: `${at} ${number}` }))
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=source', '--import', 'tsx', join(root, 'bench/intake-memory.ts'), '4', folder],
      { cwd: root },
    )
    const { outcomes, megabytes } = JSON.parse(stdout)
    expect(outcomes).toEqual({ stored: 4 + files.length * small, 'mail-without-report': 2, 'json-values': 4 })
    console.log(`peak ${Math.round(megabytes)} MiB`)
    expect(megabytes).toBeLessThan(memoryLimit)
  })
})
