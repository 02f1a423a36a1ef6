import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import { reportMail, reportXml } from './made-reports.ts'
import { zip } from './report-containers.ts'
import { ingestJson, program, runCommand } from './run-command.ts'

let folder = ''
let data: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-ingest-'))
  data = ['--data', join(folder, 'data')]
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, bytes: Buffer | string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

const mbox = (...mails: readonly Buffer[]): Buffer =>
  Buffer.concat(
    mails.flatMap(mail => [Buffer.from('From a@b Tue Nov 24 10:00:00 2026\r\n'), mail, Buffer.from('\r\n')]),
  )
const lunch = Buffer.from('From: a@b.example\r\nSubject: lunch\r\n\r\nAt noon?\r\n')

describe('letterlock ingest', () => {
  test('every kind of place; a second run finds everything known', async () => {
    put('in/a.xml', reportXml({ id: 'xml' }))
    put('in/b.gz', gzipSync(reportXml({ id: 'gzip' })))
    put('in/c.eml', reportMail({ id: 'mail' }))
    put('in/d.mbox', mbox(reportMail({ id: 'mbox-1' }), lunch, reportMail({ id: 'mbox-2' })))
    for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(folder, 'in/maildir', name), { recursive: true })
    put('in/maildir/new/1', reportMail({ id: 'maildir' }))
    put('in/maildir/tmp/2', reportMail({ id: 'not yet delivered' }))
    const first = await ingestJson([...data, join(folder, 'in')])
    expect(first).toMatchObject({ schema: 'letterlock.ingest/1', exit: 0, summary: { stored: 6, none: 1, rows: 18 } })
    const second = await ingestJson([...data, join(folder, 'in')])
    expect(second).toMatchObject({ exit: 0, summary: { stored: 0, known: 6, none: 1, rows: 0 } })
  })

  test('stdin; a pattern; the same content under another name is known', async () => {
    const xml = reportXml({ id: 'one' })
    expect(await ingestJson([...data, '-'], { stdin: Buffer.from(xml) })).toMatchObject({ summary: { stored: 1 } })
    put('in/copy.gz', gzipSync(xml))
    put('in/other.txt', 'no report')
    expect(await ingestJson([...data, join(folder, 'in/*.gz')])).toMatchObject({ summary: { known: 1, quarantine: 0 } })
  })

  test('an mbox on stdin that is larger than what is read at once', async () => {
    const mails = Array.from({ length: 400 }, (_, at) => reportMail({ id: `m${at}` }))
    const answer = await ingestJson([...data, '-'], { stdin: mbox(...mails) })
    expect(answer.summary).toMatchObject({ stored: 400, failed: 0 })
  })

  test('what cannot be read: exit 2, copies by hash in the folder, the rest is stored', async () => {
    put('in/good.xml', reportXml({ id: 'good' }))
    put('in/../in/bad.xml', '<other/>')
    const answer = await ingestJson([...data, '--quarantine', join(folder, 'kept'), join(folder, 'in')])
    expect(answer).toMatchObject({ exit: 2, summary: { stored: 1, quarantine: 1 } })
    const kept = readdirSync(join(folder, 'kept'))
    expect(kept).toHaveLength(1)
    expect(kept[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(readFileSync(join(folder, 'kept', kept[0] ?? ''), 'utf8')).toBe('<other/>')
  })

  test('a path that is not there: exit 1, the rest is stored', async () => {
    put('good.xml', reportXml({ id: 'good' }))
    const answer = await ingestJson([...data, join(folder, 'nowhere'), join(folder, 'good.xml')])
    expect(answer).toMatchObject({ exit: 1, summary: { stored: 1, failed: 1 } })
  })

  test('a dry run opens no store and says what would be stored', async () => {
    put('a.xml', reportXml({ id: 'a' }))
    const answer = await ingestJson([...data, '--dry-run', join(folder, 'a.xml'), join(folder, 'a.xml')])
    expect(answer).toMatchObject({ exit: 0, summary: { stored: 1, known: 1, rows: 3 } })
    expect(readdirSync(folder)).toEqual(['a.xml'])
  })

  test('rows as NDJSON: one object for each record, then verdicts and a summary', async () => {
    put('a.xml', reportXml({ id: 'rows', records: 5000 }))
    const { stdout, code } = await runCommand(['ingest', ...data, '--format', 'ndjson', join(folder, 'a.xml')])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(code).toBe(0)
    const rows = lines.filter(line => line.type === 'row')
    expect(rows).toHaveLength(5000)
    expect(rows[0]).toMatchObject({ reporter: 'receiver.example', reportId: 'rows', domain: 'example.org' })
    const xml = reportXml({ id: 'rows', records: 5000 })
    expect(rows.map(row => row.source)).toEqual([...xml.matchAll(/<source_ip>(.*?)</g)].map(match => match[1]))
    expect(rows.map(row => row.count)).toEqual([...xml.matchAll(/<count>(.*?)</g)].map(match => Number(match[1])))
    expect(lines.at(-1)).toMatchObject({ type: 'summary', stored: 1, rows: 5000 })
  })

  test('while failure reports are off no bytes of them are kept', async () => {
    put('f.eml', failureMail('secret subject', '192.0.2.1'))
    expect(await ingestJson([...data, join(folder, 'f.eml')])).toMatchObject({
      exit: 0,
      documents: [{ kind: 'failure' }],
    })
    for (const name of readdirSync(join(folder, 'data'))) {
      expect(readFileSync(join(folder, 'data', name), 'latin1')).not.toContain('secret')
    }
  })

  test('FAIL-014 the same subject has the same hash, with a key that only this store has', async () => {
    put('1.eml', failureMail('rent is due', '192.0.2.1'))
    put('2.eml', failureMail('rent is due', '192.0.2.2'))
    put('3.eml', failureMail('another', '192.0.2.3'))
    const hashes = async (dataDir: string): Promise<readonly unknown[]> => {
      // A command each: the key outlives the process.
      for (const name of ['1.eml', '2.eml', '3.eml']) await ingestJson(['--data', dataDir, join(folder, name)])
      const opened = await openStore({ dataDir })
      if (opened.state !== 'opened') throw new Error(opened.state)
      try {
        const rows = await opened.store.read.selectFrom('failure_report').select('evidence').orderBy('report').execute()
        return rows.map(row => JSON.parse(row.evidence).subjectHash)
      } finally {
        await opened.store.close()
      }
    }
    const [first, second, third] = await hashes(join(folder, 'one'))
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    const [elsewhere] = await hashes(join(folder, 'two'))
    expect(elsewhere).toMatch(/^[0-9a-f]{32}$/)
    expect(elsewhere).not.toBe(first)
    const guess = createHash('sha256').update('rent is due').digest('hex')
    expect(guess.startsWith(String(first))).toBe(false)
  })

  test('names from outside cannot steer a terminal', async () => {
    put('in/\u001b[2Jx.xml', '<other/>')
    const { stdout } = await runCommand(['ingest', ...data, join(folder, 'in')])
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('\\u001b[2Jx.xml')
  })

  test('reparse reads every kept report again and says so', async () => {
    put('in/a.xml', reportXml({ id: 'a' }))
    put('in/b.mbox', mbox(reportMail({ id: 'b' }), reportMail({ id: 'c' })))
    await ingestJson([...data, join(folder, 'in')])
    const asked = await runCommand(['reparse', ...data])
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('--yes') })
    const { stdout, code } = await runCommand(['reparse', ...data, '--yes', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      schema: 'letterlock.reparse/1',
      reparsed: 3,
      withoutBytes: 0,
      unreadable: 0,
      exit: 0,
    })
    expect(code).toBe(0)
    const some = await runCommand(['reparse', ...data, '--yes', '--json', '--kind', 'tls'])
    expect(JSON.parse(some.stdout)).toMatchObject({ reparsed: 0 })
  })
})

describe('letterlock ingest --watch', () => {
  test('takes files as they appear, each once, also after a restart; SIGINT ends it with 130', async () => {
    mkdirSync(join(folder, 'in'))
    put('in/first.xml', reportXml({ id: 'first' }))
    const watch = startWatch()
    await watch.until(/stored .*first\.xml/)
    put('in/later.xml', reportXml({ id: 'later' }))
    const written = put('part', reportXml({ id: 'moved' }))
    renameSync(written, join(folder, 'in/moved.xml'))
    await watch.until(/stored .*later\.xml/)
    await watch.until(/stored .*moved\.xml/)
    expect(watch.output().match(/first\.xml/g)).toHaveLength(1)
    expect(await watch.stop('SIGINT')).toBe(130)
    put('in/between.xml', reportXml({ id: 'between' }))
    const again = startWatch()
    await again.until(/stored .*between\.xml/)
    await again.until(/known .*first\.xml/)
    expect(await again.stop('SIGTERM')).toBe(130)
  })

  function startWatch() {
    const child = spawn(process.execPath, [program, 'ingest', '--watch', ...data, join(folder, 'in')])
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    child.stderr.resume()
    return {
      output: () => output,
      async until(wanted: RegExp): Promise<void> {
        for (let tries = 0; tries < 600 && !wanted.test(output); tries++) await sleep(50)
        if (!wanted.test(output)) throw new Error(`${wanted} did not come: ${output}`)
      },
      async stop(signal: 'SIGINT' | 'SIGTERM'): Promise<number | null> {
        const ended = new Promise<number | null>(resolve => child.once('close', resolve))
        child.kill(signal)
        return await ended
      },
    }
  }
})

describe('conventions of the command line', () => {
  const run = async (...args: readonly string[]): Promise<readonly [number | null, string]> => {
    const { code, stderr } = await runCommand(args)
    return [code, stderr]
  }

  test('bad usage is 3, with the probable spelling', async () => {
    expect(await run('ingst')).toEqual([3, 'error  unknown command "ingst"\n       did you mean: letterlock ingest\n'])
    expect(await run('ingest', '--dry-rum', 'x')).toEqual([
      3,
      'error  unknown flag --dry-rum\n       did you mean --dry-run?\n',
    ])
    expect((await run('ingest'))[0]).toBe(3)
    expect((await run('ingest', 'x', '--format', 'csv'))[0]).toBe(3)
    expect((await run('ingest', 'x', '--json', '--format', 'ndjson'))[0]).toBe(3)
    expect((await run('config', 'check', '--config', join(folder, 'nowhere.yaml')))[0]).toBe(3)
    expect((await run('--json'))[0]).toBe(3)
  })

  test('help and version go to stdout, without starting anything', async () => {
    for (const args of [
      ['help'],
      ['--help'],
      ['help', 'exit-codes'],
      ['help', 'ingest'],
      ['ingest', '-h'],
      ['version'],
    ]) {
      const { code, stdout, stderr } = await runCommand(args, { workingDirectory: folder })
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout.length).toBeGreaterThan(10)
    }
    expect(readdirSync(folder)).toEqual([])
  })

  test('a reader that goes away ends the command silently', async () => {
    put('in/a.xml', reportXml({ id: 'a', records: 20_000 }))
    const child = spawn('sh', [
      '-c',
      `"${process.execPath}" "${program}" ingest --dry-run --format ndjson "${join(folder, 'in')}" | head -n 1`,
    ])
    let output = ''
    let errors = ''
    child.stdout.on('data', text => {
      output += text
    })
    child.stderr.on('data', text => {
      errors += text
    })
    await new Promise(resolve => child.once('close', resolve))
    expect(JSON.parse(output)).toMatchObject({ type: 'row' })
    expect(errors).toBe('')
  })

  test('no colour and no progress off a terminal', async () => {
    put('a.xml', reportXml({ id: 'a' }))
    const { stdout, stderr } = await runCommand(['ingest', ...data, join(folder, 'a.xml')])
    expect(stdout + stderr).not.toContain('\u001b')
    expect(stdout + stderr).not.toContain('\r')
  })

  test('-o writes to a file; a file that cannot be written is 1', async () => {
    put('a.xml', reportXml({ id: 'a' }))
    const out = join(folder, 'out.json')
    const good = await runCommand(['ingest', '--dry-run', '--json', '-o', out, join(folder, 'a.xml')])
    expect([good.code, good.stdout]).toEqual([0, ''])
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ summary: { stored: 1 } })
    const bad = await runCommand(['config', 'check', '-o', join(folder, 'nowhere', 'out')])
    expect(bad.code).toBe(1)
  })

  test('an open file of a secret is bad configuration', async () => {
    const secret = put('password', 'x')
    chmodSync(secret, 0o644)
    const environment = { LETTERLOCK_DATABASE_PASSWORD_FILE: secret }
    const { code, stderr } = await runCommand(['config', 'check'], { environment })
    expect(code).toBe(3)
    expect(stderr).toContain('can be read by others')
  })

  test('the time limit of --timeout is said', async () => {
    mkdirSync(join(folder, 'in'))
    const { code, stderr } = await runCommand(['ingest', '--watch', ...data, '--timeout', '2s', join(folder, 'in')])
    expect(code).toBe(1)
    expect(stderr).toContain('time limit')
  })
})

describe('while an instance runs on the data', () => {
  test('rows and watching are refused with what to do instead; files are taken', async () => {
    put('in/a.zip', zip([{ name: 'inner.xml', data: reportXml({ id: 'a', records: 1 }) }]))
    const child = spawn(process.execPath, [program, 'serve', ...data, '--listen', '127.0.0.1:0'], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', LETTERLOCK_SENDERS_REVERSE_NAMES: 'false' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', text => {
      said += text
    })
    try {
      await expect.poll(() => said, { timeout: 30_000 }).toContain('letterlock: open http://')
      const inFolder = join(folder, 'in')
      const watching = await runCommand(['ingest', ...data, '--watch', 'in'], { workingDirectory: folder })
      expect(watching).toMatchObject({ code: 3, stdout: '' })
      expect(watching.stderr).toContain(`in the app, open Sources, choose "Watch a folder" and enter ${inFolder}`)
      const rows = await runCommand(['ingest', ...data, '--format', 'ndjson', inFolder])
      expect(rows).toMatchObject({ code: 3, stdout: '' })
      expect(rows.stderr).toContain('to see the rows and store nothing, add --dry-run')
      const stored = await runCommand(['ingest', ...data, inFolder])
      expect(stored.code).toBe(0)
      expect(stored.stdout).toMatch(/^stored +in\/a\.zip\/inner\.xml +aggregate +1 row, /)
      expect(stored.stdout).toMatch(/^1 document: 1 stored; 1 row, \d+ messages?$/m)
    } finally {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }, 60_000)
})

/** A failure report mail about a mail of one person. */
function failureMail(subject: string, source: string): string {
  const part = `Feedback-Type: auth-failure\r\nUser-Agent: x/1\r\nVersion: 1\r\nAuth-Failure: dmarc\r\nSource-IP: ${source}\r\nReported-Domain: example.org\r\nOriginal-Mail-From: <secret-person@example.org>\r\n`
  return `From: a@receiver.example\r\nSubject: FW: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n${part}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: secret-person@example.org\r\nSubject: ${subject}\r\n\r\n--b--\r\n`
}
