import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

const program = '/usr/sbin/dovecot'

/** Why Dovecot cannot be run here; null where it can. */
export function dovecotMissing(): string | null {
  if (!existsSync(program)) return 'Dovecot (dovecot-imapd) is not installed'
  if (process.getuid?.() !== 0) return 'Dovecot is started as root'
  return null
}

/** A Dovecot of its own on a loopback port: any user with the password `secret`, one maildir each. */
export class Dovecot {
  readonly #folder: string
  readonly port: number
  #process: ChildProcess

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
    this.#process = this.#start()
  }

  static async start(): Promise<Dovecot> {
    const folder = mkdtempSync(join(tmpdir(), 'letterlock-dovecot-'))
    const port = await freePort()
    const [uid, gid] = ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })))
    mkdirSync(join(folder, 'mail'))
    chownSync(join(folder, 'mail'), uid ?? 0, gid ?? 0)
    execFileSync('chmod', ['755', folder])
    writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, port))
    const server = new Dovecot(folder, port)
    await answers(port)
    return server
  }

  /** Ends the server as a crash or a restart would, and starts it again. */
  async restart(): Promise<void> {
    await this.#end()
    this.#process = this.#start()
    await answers(this.port)
  }

  async stop(): Promise<void> {
    await this.#end()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #start(): ChildProcess {
    return spawn(program, ['-F', '-c', join(this.#folder, 'dovecot.conf')], { stdio: 'ignore' })
  }

  async #end(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await ended
  }
}

function configuration(folder: string, port: number): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
mail_location = maildir:${folder}/mail/%u
first_valid_uid = 1
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${folder}/mail/%u
}
`
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const isReady = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1')
      socket.once('data', data => {
        socket.destroy()
        resolve(data.includes('OK'))
      })
      socket.once('error', () => resolve(false))
    })
    if (isReady) return
    await sleep(100)
  }
  throw new Error('Dovecot does not answer')
}
