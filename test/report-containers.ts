import { deflateRawSync } from 'node:zlib'

export interface Member {
  readonly name: string
  readonly data: Buffer | string
}

/** A zip by the reference of the format (APPNOTE 4.3), so that names and sizes can be what no packer writes. */
export function zip(
  members: readonly Member[],
  options: { readonly flags?: number; readonly method?: number } = {},
): Buffer {
  const flags = options.flags ?? 0
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const member of members) {
    const data = Buffer.from(member.data)
    const method = options.method ?? 8
    const packed = method === 8 ? deflateRawSync(data) : data
    const name = Buffer.from(member.name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(flags, 2)
    shared.writeUInt16LE(method, 4)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(data.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), shared, name, packed])
    const central = Buffer.concat([Buffer.from('504b01021400', 'hex'), shared, Buffer.alloc(14), name])
    central.writeUInt32LE(offset, 42)
    locals.push(local)
    directory.push(central)
    offset += local.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, ...directory, end])
}

export interface Attachment {
  readonly type?: string
  readonly name?: string
  readonly bytes?: Buffer | string
  readonly raw?: string
}

function part({ type = 'application/octet-stream', name, bytes, raw }: Attachment): string {
  const disposition = name === undefined ? [] : [`Content-Disposition: attachment; filename="${name}"`]
  if (raw !== undefined) return [`Content-Type: ${type}`, ...disposition, '', raw].join('\r\n')
  const body = Buffer.from(bytes ?? '')
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n')
  return [`Content-Type: ${type}`, ...disposition, 'Content-Transfer-Encoding: base64', '', body].join('\r\n')
}

export function mail(attachments: readonly Attachment[], { subject = 'hello', type = 'multipart/mixed' } = {}): string {
  const head = [
    'From: Reports <noreply@Reporter.example>',
    'To: dmarc@example.org',
    `Subject: ${subject}`,
    'Date: Fri, 21 Nov 1997 09:55:06 -0600',
    'MIME-Version: 1.0',
  ]
  const inner = attachments.map(entry => `--=_b\r\n${part(entry)}\r\n`).join('')
  return `${head.join('\r\n')}\r\nContent-Type: ${type}; boundary="=_b"\r\n\r\n${inner}--=_b--\r\n`
}

/** Bytes as a stream. */
export async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
