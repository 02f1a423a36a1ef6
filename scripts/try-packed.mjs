// Packs the packages as they would be published, installs the packed files in an empty folder, and runs what is
// installed there: the help, an import, and the server with the web app. Needs a finished build.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = ['@letterlock/protocols', '@letterlock/posture', '@letterlock/contract', 'letterlock']

const report = `<?xml version="1.0"?>
<feedback><report_metadata><org_name>reporter.example</org_name><email>dmarc@reporter.example</email>
<report_id>1</report_id><date_range><begin>1787097600</begin><end>1787183999</end></date_range></report_metadata>
<policy_published><domain>example.org</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>7</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers>
<auth_results><dkim><domain>example.org</domain><selector>s</selector><result>pass</result></dkim>
<spf><domain>example.org</domain><result>pass</result></spf></auth_results></record></feedback>
`

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-packed-'))
  try {
    await tryIn(folder)
    console.log('ok     packed, installed and run')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function tryIn(folder) {
  const packed = join(folder, 'packed')
  const home = join(folder, 'home')
  for (const path of [packed, home]) mkdirSync(path)
  run('npm', ['pack', '--silent', '--pack-destination', packed, ...packages.flatMap(name => ['-w', name])], root)
  const files = readdirSync(packed).map(name => join(packed, name))
  if (files.length !== packages.length) throw new Error(`${files.length} files packed, expected ${packages.length}`)

  writeFileSync(join(home, 'package.json'), '{ "private": true }')
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', ...files], home)
  const program = join(home, 'node_modules/.bin/letterlock')

  mustSay(run(program, ['--help'], home), 'ingest')
  writeFileSync(join(home, 'report.xml'), report)
  mustSay(run(program, ['ingest', 'report.xml'], home), '1 stored')
  await tryServer(program, home)
}

async function tryServer(program, home) {
  const address = `127.0.0.1:${await freePort()}`
  const server = spawn(program, ['serve', '--listen', address], { cwd: home, stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = new Promise(resolve => server.once('exit', resolve))
  try {
    await untilReady(`http://${address}/readyz`)
    const page = await text(`http://${address}/`)
    const script = /<script[^>]+type="module"[^>]+src="([^"]+)"/.exec(page)?.[1]
    if (script === undefined) throw new Error('the page has no script')
    if ((await text(`http://${address}${script}`)).length < 10_000)
      throw new Error('the script of the app is not there')
    mustSay(await text(`http://${address}/api/openapi.json`), '"openapi"')
    mustSay(await text(`http://${address}/api/v1/reports`), 'reporter.example')
  } finally {
    server.kill('SIGTERM')
    await ended
  }
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}

function mustSay(output, part) {
  if (!output.includes(part)) throw new Error(`expected "${part}" in:\n${output.slice(0, 2000)}`)
}

async function text(url) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return await response.text()
}

async function untilReady(url) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isReady = await fetch(url).then(
      response => response.ok,
      () => false,
    )
    if (isReady) return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error(`${url} is not ready after 20 seconds`)
}

function freePort() {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

await main()
