import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reportXml } from './made-reports.ts'
import { peakMemoryArguments } from './peak-memory.ts'
import { type IngestAnswer, program } from './run-command.ts'

const mebibyte = 1_048_576
/** Resident memory of the whole process for any single input; `LARGE_REPORT_RECORDS=500000` is the full size. */
const memoryLimit = 250 * mebibyte
const records = Number(process.env['LARGE_REPORT_RECORDS'] ?? 30_000)

/** A record that shares no source, name or set with any other. */
function distinctRecord(at: number): string {
  const name = `mail${at}.sender${at}.example`
  return `<record><row><source_ip>${[50 + (at >>> 24), at >>> 16, at >>> 8, at].map(part => part & 255).join('.')}</source_ip><count>1</count><policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><envelope_from>${name}</envelope_from><header_from>h${at}.example.org</header_from></identifiers><auth_results><dkim><domain>${name}</domain><selector>s${at}</selector><result>pass</result></dkim><spf><domain>${name}</domain><scope>mfrom</scope><result>none</result></spf></auth_results></record>\n`
}

test('a large report that repeats nothing is stored in bounded memory', { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-large-'))
  try {
    const xml = reportXml({ id: 'large' })
    const file = join(folder, 'large.xml')
    const parts = [xml.slice(0, xml.indexOf('  <record>'))]
    for (let at = 0; at < records; at++) parts.push(distinctRecord(at))
    writeFileSync(file, `${parts.join('')}</feedback>`)
    const peakFile = join(folder, 'peak')
    const args = [...peakMemoryArguments(peakFile), program, 'ingest', '--json', '--data', join(folder, 'data'), file]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    await new Promise(resolve => child.once('close', resolve))
    const answer: IngestAnswer = JSON.parse(output)
    expect(answer.documents).toMatchObject([{ verdict: 'stored', rows: records, messages: records }])
    const peak = Number(readFileSync(peakFile, 'utf8'))
    console.log(`peak ${Math.round(peak / mebibyte)} MiB`)
    expect(peak).toBeLessThan(memoryLimit)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
