import { crc32, deflateRawSync, gzipSync } from 'node:zlib'

export interface DemoMailParts {
  readonly from: string
  readonly to: string
  readonly subject: string
  /** Seconds since 1970, UTC. */
  readonly sentAt: number
  readonly id: string
  readonly attachment: { readonly type: string; readonly name: string; readonly bytes: Buffer }
  /** Parameters of the outer content type, such as `report; report-type=tlsrpt`. */
  readonly multipart?: string
  /** The mail is the attachment alone, without parts. */
  readonly isBare?: boolean
}

/** A report mail: a line of text and the archive, or the archive alone. */
export function mailOf(parts: DemoMailParts): Buffer {
  const { attachment } = parts
  const head = [
    `From: Report sender <${parts.from}>`,
    `To: <${parts.to}>`,
    `Subject: ${parts.subject}`,
    `Date: ${new Date(parts.sentAt * 1000).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${parts.id}>`,
    'MIME-Version: 1.0',
  ]
  const part = [
    `Content-Type: ${attachment.type}; name="${attachment.name}"`,
    `Content-Disposition: attachment; filename="${attachment.name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    wrapped(attachment.bytes.toString('base64')),
  ]
  if (parts.isBare === true) return Buffer.from([...head, ...part, ''].join('\r\n'))
  const boundary = '=_report_part'
  const body = [
    `Content-Type: multipart/${parts.multipart ?? 'mixed'}; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    `${parts.subject}.`,
    `--${boundary}`,
    ...part,
    `--${boundary}--`,
    '',
  ]
  return Buffer.from([...head, ...body].join('\r\n'))
}

/** Bytes and media type of a document in the container that its reporter uses. */
export function contained(name: string, text: string, container: 'gz' | 'zip' | 'xml'): DemoMailParts['attachment'] {
  const bytes = Buffer.from(text)
  if (container === 'xml') return { type: 'text/xml', name, bytes }
  if (container === 'gz') return { type: 'application/gzip', name: `${name}.gz`, bytes: gzipSync(bytes) }
  return { type: 'application/zip', name: `${name.replace(/\.xml$/, '')}.zip`, bytes: zipOf(name, bytes) }
}

const storedTime = 0x00210000 // 1 January 1980, the earliest that a zip can say: the bytes depend on the content alone.

/** A zip archive with one member. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content)
  const label = Buffer.from(name)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  writeMember(local, 4, { content, packed, label })
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(20, 4)
  writeMember(central, 6, { content, packed, label })
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length + label.length, 12)
  end.writeUInt32LE(local.length + label.length + packed.length, 16)
  return Buffer.concat([local, label, packed, central, label, end])
}

/** The run of fields that the local and the central header share. */
function writeMember(
  header: Buffer,
  at: number,
  member: { readonly content: Buffer; readonly packed: Buffer; readonly label: Buffer },
): void {
  header.writeUInt16LE(20, at)
  header.writeUInt16LE(8, at + 4)
  header.writeUInt32LE(storedTime, at + 6)
  header.writeUInt32LE(crc32(member.content), at + 10)
  header.writeUInt32LE(member.packed.length, at + 14)
  header.writeUInt32LE(member.content.length, at + 18)
  header.writeUInt16LE(member.label.length, at + 22)
}

function wrapped(base64: string): string {
  return base64.replace(/.{76}/g, '$&\r\n')
}
