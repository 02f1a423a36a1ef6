import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './servers/free-port.ts'

/* A real PostgreSQL server on loopback for tests, in a folder of its own. */

const versionsFolder = '/usr/lib/postgresql'

/** A server that a test started. */
export interface PostgresServer {
  /** Makes an empty database and returns its address. */
  database(): string
  stop(): void
}

function programsFolder(): string | null {
  if (!existsSync(versionsFolder)) return null
  const versions = readdirSync(versionsFolder).sort((a, b) => Number(b) - Number(a))
  const folders = versions.map(version => join(versionsFolder, version, 'bin'))
  return folders.find(folder => existsSync(join(folder, 'initdb'))) ?? null
}

/** Why PostgreSQL cannot run here, or null where it can. */
export function whyNoPostgres(): string | null {
  if (programsFolder() === null) return 'PostgreSQL is not installed'
  if (process.getuid?.() === 0 && !existsSync('/usr/sbin/runuser') && !existsSync('/sbin/runuser'))
    return 'PostgreSQL refuses to run as root, and runuser is not installed'
  return null
}

export async function startPostgres(): Promise<PostgresServer> {
  const programs = programsFolder()
  if (programs === null) throw new Error('PostgreSQL is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-postgres-'))
  const isRoot = process.getuid?.() === 0
  // It refuses to run as root; the package made a user for it.
  if (isRoot) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
    chownSync(folder, id('-u'), id('-g'))
  }
  const run = (program: string, args: readonly string[]) => {
    const command = [join(programs, program), ...args]
    const [file = '', ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command
    execFileSync(file, rest, { cwd: folder, stdio: 'ignore' })
  }
  const data = join(folder, 'data')
  const port = await freePort()
  run('initdb', ['-D', data, '-A', 'trust', '-U', 'letterlock', '--no-sync', '-E', 'UTF8', '--locale=C'])
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`
  run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start'])
  let databases = 0
  return {
    database() {
      databases += 1
      const name = `letterlock${databases}`
      run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'letterlock', name])
      return `postgres://letterlock@127.0.0.1:${port}/${name}`
    },
    stop() {
      run('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
