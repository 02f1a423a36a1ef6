import { createServer, type Server, type Socket } from 'node:net'

/** What the scripted server does besides answering properly. */
export interface ImapScript {
  readonly capabilities: readonly string[]
  uidValidity: number
  /** UID to message. */
  readonly messages: Map<number, Buffer>
  /** Called before a message is sent; what it returns is done instead of a plain answer. */
  onFetch?: (uid: number) => 'drop' | 'nil' | 'vanish' | 'oversize' | undefined
  /** Sizes that are told instead of the true ones. */
  readonly toldSizes?: ReadonlyMap<number, number>
}

/** A server that speaks as much IMAP4rev1 as a mailbox source needs, with the faults a test asks for. */
export class ScriptedImap {
  readonly #server: Server
  readonly #script: ImapScript
  readonly #sockets = new Set<Socket>()
  readonly commands: string[] = []
  readonly flags = new Map<number, Set<string>>()
  readonly copies: { readonly uid: number; readonly folder: string }[] = []
  port = 0

  constructor(script: ImapScript) {
    this.#script = script
    this.#server = createServer(socket => new ImapSession(socket, script, this))
    this.#server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address !== null && typeof address === 'object') this.port = address.port
    return this
  }

  /** Tells an idle client of new mail. */
  announce(): void {
    for (const socket of this.#sockets) socket.write(`* ${this.#script.messages.size} EXISTS\r\n`)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

class ImapSession {
  readonly #socket: Socket
  readonly #script: ImapScript
  readonly #server: ScriptedImap
  #input = ''
  #idleTag: string | null = null

  constructor(socket: Socket, script: ImapScript, server: ScriptedImap) {
    this.#socket = socket
    this.#script = script
    this.#server = server
    socket.on('error', () => undefined)
    socket.on('data', data => this.#take(data.toString('latin1')))
    socket.write(`* OK [CAPABILITY ${script.capabilities.join(' ')}] ready\r\n`)
  }

  #take(text: string): void {
    this.#input += text
    for (let end = this.#input.indexOf('\r\n'); end >= 0; end = this.#input.indexOf('\r\n')) {
      const line = this.#input.slice(0, end)
      this.#input = this.#input.slice(end + 2)
      this.#line(line)
    }
  }

  #line(line: string): void {
    if (this.#idleTag !== null) {
      this.#socket.write(`${this.#idleTag} OK done\r\n`)
      this.#idleTag = null
      return
    }
    const [tag = '', ...words] = line.split(' ')
    const isUid = words[0]?.toUpperCase() === 'UID'
    const name = (isUid ? `UID ${words[1]}` : (words[0] ?? '')).toUpperCase()
    const rest = words.slice(isUid ? 2 : 1)
    this.#server.commands.push([name, ...rest].join(' '))
    this.#command(tag, name, rest)
  }

  #command(tag: string, name: string, rest: readonly string[]): void {
    switch (name) {
      case 'CAPABILITY':
        this.#answer(tag, [`* CAPABILITY ${this.#script.capabilities.join(' ')}`])
        return
      case 'LIST':
      case 'LSUB':
        // RFC 9051 s6.3.9: an empty pattern asks for the separator only.
        this.#answer(tag, [rest.at(-1) === '""' ? `* ${name} (\\Noselect) "/" ""` : `* ${name} () "/" INBOX`])
        return
      case 'NAMESPACE':
        this.#answer(tag, ['* NAMESPACE (("" "/")) NIL NIL'])
        return
      case 'SELECT':
      case 'EXAMINE':
        this.#answer(tag, [
          `* ${this.#script.messages.size} EXISTS`,
          '* 0 RECENT',
          '* FLAGS (\\Seen \\Deleted)',
          `* OK [UIDVALIDITY ${this.#script.uidValidity}] valid`,
          `* OK [UIDNEXT ${Math.max(0, ...this.#script.messages.keys()) + 1}] next`,
        ])
        return
      case 'UID SEARCH':
        this.#search(tag, rest)
        return
      case 'UID FETCH':
        this.#fetch(tag, rest)
        return
      case 'UID STORE':
        this.#store(tag, rest)
        return
      case 'UID COPY':
        for (const uid of this.#uids(rest[0] ?? '')) this.#server.copies.push({ uid, folder: rest[1] ?? '' })
        this.#answer(tag, [])
        return
      case 'IDLE':
        this.#idleTag = tag
        this.#socket.write('+ idling\r\n')
        return
      case 'LOGOUT':
        this.#answer(tag, ['* BYE'])
        this.#socket.end()
        return
      default:
        this.#answer(tag, [])
        return
    }
  }

  #answer(tag: string, lines: readonly string[]): void {
    this.#socket.write(`${lines.map(line => `${line}\r\n`).join('')}${tag} OK done\r\n`)
  }

  #search(tag: string, rest: readonly string[]): void {
    const range = rest.find(word => /^[\d:*,]+$/.test(word)) ?? '1:*'
    this.#answer(tag, [`* SEARCH ${this.#uids(range).join(' ')}`])
  }

  #fetch(tag: string, rest: readonly string[]): void {
    const what = rest.slice(1).join(' ').toUpperCase()
    for (const uid of this.#uids(rest[0] ?? '')) {
      const message = this.#script.messages.get(uid)
      if (message === undefined) continue
      const wantsBody = what.includes('BODY.PEEK[]')
      const fault = wantsBody ? this.#script.onFetch?.(uid) : undefined
      if (fault === 'drop') {
        this.#socket.write(
          `* 1 FETCH (UID ${uid} BODY[] {${message.length}}\r\n${message.subarray(0, 20).toString('latin1')}`,
        )
        this.#socket.destroy()
        return
      }
      if (fault === 'vanish') {
        this.#script.messages.delete(uid)
        this.#socket.write('* 1 EXPUNGE\r\n')
        continue
      }
      this.#socket.write(this.#fetched(uid, message, what, fault))
    }
    this.#answer(tag, [])
  }

  #fetched(uid: number, message: Buffer, what: string, fault: 'nil' | 'oversize' | undefined): Buffer {
    const parts: Buffer[] = [Buffer.from(`* ${this.#sequence(uid)} FETCH (UID ${uid}`)]
    if (what.includes('RFC822.SIZE')) {
      parts.push(Buffer.from(` RFC822.SIZE ${this.#script.toldSizes?.get(uid) ?? message.length}`))
    }
    if (what.includes('BODY.PEEK[]')) {
      if (fault === 'nil') parts.push(Buffer.from(' BODY[] NIL'))
      else if (fault === 'oversize') parts.push(Buffer.from(` BODY[] {4000000000}\r\n`), message)
      else parts.push(literal(' BODY[]', message))
    }
    const headerEnd = message.indexOf('\r\n\r\n') + 4
    if (what.includes('BODY.PEEK[HEADER]')) parts.push(literal(' BODY[HEADER]', message.subarray(0, headerEnd)))
    if (what.includes('BODY.PEEK[TEXT]')) parts.push(literal(' BODY[TEXT]', message.subarray(headerEnd)))
    return Buffer.concat([...parts, Buffer.from(')\r\n')])
  }

  #store(tag: string, rest: readonly string[]): void {
    const flags = rest.slice(2).join(' ').replace(/[()]/g, '').split(' ')
    for (const uid of this.#uids(rest[0] ?? '')) {
      this.#server.flags.set(uid, new Set([...(this.#server.flags.get(uid) ?? []), ...flags]))
    }
    this.#answer(tag, [])
  }

  #sequence(uid: number): number {
    return this.#allUids().indexOf(uid) + 1
  }

  #allUids(): number[] {
    return [...this.#script.messages.keys()].sort((a, b) => a - b)
  }

  /** RFC 9051 s6.4.9: `n:*` holds the last message also where its UID is below n. */
  #uids(set: string): number[] {
    const all = this.#allUids()
    const last = all.at(-1) ?? 0
    const number = (text: string): number => (text === '*' ? last : Number(text))
    const wanted = new Set<number>()
    for (const part of set.split(',')) {
      const [from = '', to = from] = part.split(':')
      const [low, high] = [Math.min(number(from), number(to)), Math.max(number(from), number(to))]
      for (const uid of all) if (uid >= low && uid <= high) wanted.add(uid)
    }
    return all.filter(uid => wanted.has(uid))
  }
}

function literal(name: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${name} {${bytes.length}}\r\n`), bytes])
}
