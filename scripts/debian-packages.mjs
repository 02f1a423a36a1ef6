import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** What tests use beside Node: where its program stands, and the Debian packages that bring it. */
const wanted = [
  {
    name: 'a browser',
    isThere: () => existsSync('/usr/bin/chromium-headless-shell') || existsSync('/usr/bin/chromium'),
    packages: ['chromium-headless-shell', 'fonts-dejavu-core'],
  },
  { name: 'PostgreSQL', isThere: hasPostgres, packages: ['postgresql'] },
  { name: 'Dovecot', isThere: () => existsSync('/usr/sbin/dovecot'), packages: ['dovecot-imapd'] },
  { name: 'Knot DNS', isThere: () => existsSync('/usr/sbin/knotd'), packages: ['knot', 'knot-dnsutils'] },
  { name: 'Unbound', isThere: () => existsSync('/usr/sbin/unbound'), packages: ['unbound'] },
  { name: 'OpenSSL', isThere: () => existsSync('/usr/bin/openssl'), packages: ['openssl'] },
  { name: 'dnsperf', isThere: () => existsSync('/usr/bin/dnsperf'), packages: ['dnsperf'] },
  { name: 'OpenDKIM', isThere: () => existsSync('/usr/sbin/opendkim'), packages: ['opendkim', 'opendkim-tools'] },
  {
    name: 'mail authentication in Python',
    isThere: hasPythonModules,
    packages: [
      'python3-spf',
      'python3-dkim',
      'python3-authheaders',
      'python3-authres',
      'python3-dnspython',
      'python3-nacl',
    ],
  },
]

const policyFile = '/usr/sbin/policy-rc.d'

/** Installs what is missing where that is allowed; elsewhere the tests concerned skip. Says what it did. */
export function installDebianPackages() {
  const missing = wanted.filter(want => !want.isThere())
  if (missing.length === 0) return
  const names = missing.map(want => want.name).join(', ')
  const isAsked = process.env.CI === 'true' || process.env.LETTERLOCK_INSTALL === '1'
  if (!isAsked || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`not installed: ${names}. Tests that need them are skipped.`)
    console.log('LETTERLOCK_INSTALL=1 npm test (as root, on Debian) installs them.')
    return
  }
  console.log(`installing ${names}`)
  withoutStartingServices(() => {
    apt(['update'])
    // One by one: a package that this release lacks must not keep the others away.
    for (const want of missing) apt(['install', '--yes', '--no-install-recommends', ...want.packages])
  })
}

/** A package that brings a server would start it; policy-rc.d answering 101 forbids that. */
function withoutStartingServices(install) {
  const kept = `${policyFile}.before-letterlock`
  const hadPolicy = existsSync(policyFile)
  if (hadPolicy) renameSync(policyFile, kept)
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(policyFile)
    if (hadPolicy) renameSync(kept, policyFile)
  }
}

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], { env, encoding: 'utf8' })
  if (status !== 0) console.log(`apt-get ${args.join(' ')} failed:\n${stdout.slice(-1000)}${stderr.slice(-2000)}`)
}

function hasPostgres() {
  const folder = '/usr/lib/postgresql'
  return existsSync(folder) && readdirSync(folder).some(version => existsSync(`${folder}/${version}/bin/initdb`))
}

function hasPythonModules() {
  const modules = 'import spf, dkim, authheaders, authres, dns, nacl'
  return spawnSync('/usr/bin/python3', ['-c', modules], { stdio: 'ignore' }).status === 0
}
