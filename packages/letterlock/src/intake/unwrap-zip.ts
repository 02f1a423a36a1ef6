import yauzl from 'yauzl'
import type { UnwrapFault } from './unwrap-document.ts'

/** Members of all archives of one input that are looked at (AGG-030). */
export const archiveMembersLimit = 512
/** Bytes of a zip that comes as a stream and is held in memory, because its directory stands at its end. */
export const zipInMemoryLimit = 67_108_864

const endRecord = Buffer.from([0x50, 0x4b, 0x05, 0x06])
const endRecordBytes = 22
const methodStored = 0
const methodDeflate = 8
const flagEncrypted = 1

/** One file in a zip. Its name is a label only: it may be absolute, climb, or be none at all (report-tolerance 93). */
export interface ZipMember {
  readonly name: string
  /** How its bytes are packed; null where the method is not one that report senders use. */
  readonly compression: 'deflate' | null
  readonly isReadable: boolean
  readonly isEncrypted: boolean
  /** Its bytes as packed; whole where the zip is in memory. */
  readonly packed: () => Promise<Buffer | AsyncIterable<Uint8Array>>
}

interface LocalHeader {
  readonly fileDataStart: number
}

/** What of yauzl 3 is used; its published types are of version 2. */
interface ZipReader {
  readonly entryCount: number
  eachEntry(): AsyncIterable<yauzl.Entry>
  readLocalFileHeaderPromise(entry: yauzl.Entry, options: { readonly minimal: true }): Promise<LocalHeader>
  openReadStreamLowLevelPromise(
    start: number,
    packed: number,
    relativeStart: number,
    relativeEnd: number,
    decompress: boolean,
    unpacked: number,
  ): Promise<AsyncIterable<Uint8Array>>
  close(): void
}

interface ZipModule {
  fromBufferPromise(bytes: Buffer, options: yauzl.Options): Promise<ZipReader>
  openPromise(path: string, options: yauzl.Options): Promise<ZipReader>
}

// Checked by the tests of this file: yauzl 3.4.0 has these functions.
const zip = yauzl as unknown as ZipModule

// Sizes are not compared with the directory, because directories lie: the budget of bytes is what limits.
const options = { lazyEntries: true, decodeStrings: false, validateEntrySizes: false, autoClose: false } as const

/**
 * The files of a zip in the order of its directory, folders left out. A fault comes last, where the archive is damaged;
 * the members before it are good. Nothing is unpacked here.
 */
export async function* zipMembers(source: Buffer | { readonly path: string }): AsyncGenerator<ZipMember | UnwrapFault> {
  let reader: ZipReader | null = null
  try {
    reader = Buffer.isBuffer(source)
      ? await zip.fromBufferPromise(upToEndRecord(source), { ...options })
      : await zip.openPromise(source.path, { ...options })
    for await (const entry of reader.eachEntry()) {
      const name = nameOf(entry)
      if (name.endsWith('/') || name.endsWith('\\')) continue
      yield memberOf(reader, entry, name, Buffer.isBuffer(source) ? source : null)
    }
  } catch (error) {
    yield {
      code: 'bad-archive',
      text: `The zip archive is damaged: ${error instanceof Error ? error.message : 'unreadable'}.`,
    }
  } finally {
    reader?.close()
  }
}

function memberOf(reader: ZipReader, entry: yauzl.Entry, name: string, memory: Buffer | null): ZipMember {
  const isEncrypted = (entry.generalPurposeBitFlag & flagEncrypted) !== 0
  const method = entry.compressionMethod
  return {
    name,
    compression: method === methodDeflate ? 'deflate' : null,
    isReadable: !isEncrypted && (method === methodDeflate || method === methodStored),
    isEncrypted,
    packed: async () => {
      const { fileDataStart } = await reader.readLocalFileHeaderPromise(entry, { minimal: true })
      if (memory !== null) return memory.subarray(fileDataStart, fileDataStart + entry.compressedSize)
      return reader.openReadStreamLowLevelPromise(
        fileDataStart,
        entry.compressedSize,
        0,
        entry.compressedSize,
        false,
        entry.uncompressedSize,
      )
    },
  }
}

/** Without decoding, yauzl leaves names as octets, so that none of them is refused. */
function nameOf(entry: yauzl.Entry): string {
  const name: unknown = entry.fileName
  return Buffer.isBuffer(name) ? name.toString('utf8') : String(name)
}

/** Bytes behind the end record are dropped: gateways add zeros or line ends, and the reader takes them for damage. */
function upToEndRecord(bytes: Buffer): Buffer {
  const at = bytes.lastIndexOf(endRecord)
  if (at < 0 || at + endRecordBytes > bytes.length) return bytes
  return bytes.subarray(0, Math.min(bytes.length, at + endRecordBytes + bytes.readUInt16LE(at + endRecordBytes - 2)))
}
