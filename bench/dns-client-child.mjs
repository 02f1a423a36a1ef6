// One measurement of bench/dns-client.ts: plain JavaScript on the built package, so that the CPU time is that of the
// client and not of a compiler. Reads `name type` lines, asks them all, prints JSON.
import { readFileSync } from 'node:fs'
import { createDnsClient } from '../packages/letterlock/dist/probe/dns-client.js'

const [, , road, server, file, rounds] = process.argv
const questions = readFileSync(file, 'latin1')
  .trim()
  .split('\n')
  .map(line => line.split(' '))
const client = createDnsClient({ servers: [server], useTcp: true, cache: { answers: 0 } })
const outcomes = {}
let octets = 0
const before = process.cpuUsage()
const started = performance.now()
if (road === 'bulk') await askAll()
else await askOneByOne()
const { user, system } = process.cpuUsage(before)
const wallSeconds = (performance.now() - started) / 1000
client.close()
const asked = questions.length * Number(rounds)
process.stdout.write(JSON.stringify({ asked, outcomes, octets, cpuSeconds: (user + system) / 1e6, wallSeconds }))

async function askAll() {
  await client.askAll(eachQuestion(), answers => {
    for (const { answer } of answers) count(answer)
  })
}

/** By `query`, a promise for each question, as evaluations ask. */
async function askOneByOne() {
  const source = eachQuestion()
  const worker = async () => {
    for (const question of source) count(await client.query(question))
  }
  await Promise.all(Array.from({ length: 800 }, worker))
}

function* eachQuestion() {
  for (let round = 0; round < Number(rounds); round += 1)
    for (const [name, type] of questions) yield { name, type, wantsSignatures: true }
}

/** Counts what came, so that nothing is left unread. */
function count({ outcome }) {
  outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1
  if (outcome.kind !== 'records') return
  for (const record of outcome.records) if (record.type === 'TXT') octets += record.strings[0].length
}
