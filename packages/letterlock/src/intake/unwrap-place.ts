import type { MimeDeviationCode } from '@letterlock/protocols'
import type { Document, MailContext, UnwrapFault, UnwrapNote } from './unwrap-document.ts'
import type { sniff } from './unwrap-sniff.ts'
import { archiveMembersLimit, zipInMemoryLimit } from './unwrap-zip.ts'

/** Levels of compression and archives in each other, and of mails inside of a mail (report-tolerance 87, 99). */
export const nestingLimit = 3
/** Bytes of a mail at most, and of an upload (AGG-030). */
export const mailBytesLimit = 26_214_400
/** Bytes of a TLS report at most, unpacked (TLSRPT-031). */
export const jsonBytesLimit = 16_777_216
/** Characters of one name in a path: names are labels, and a hostile one may be as long as the mail. */
export const nameLimit = 255

/** Where the content stands and what is known about it. */
export interface Place {
  readonly path: string
  readonly fileName: string | null
  readonly mail: MailContext | null
  readonly delivery: MailContext | null
  readonly archives: number
  readonly mails: number
  readonly notes: readonly UnwrapNote[]
  /**
   * `asked`: a person gave it, so it gets an answer in any case. `claimed`: its name or type says that it is a report.
   * `found`: it stands beside others, and is passed over where it is no report.
   */
  readonly standing: 'asked' | 'claimed' | 'found'
  /** File with the same bytes, for archives that are too large for memory. */
  readonly file: string | null
}

/** What is told about the structure of a mail that was borne. */
export const mimeTexts: Readonly<Record<MimeDeviationCode, string>> = {
  'mime-content-type-alias': 'The mail writes ContentType in place of Content-Type.',
  'mime-no-boundary': 'A multipart has no boundary, or its boundary does not occur.',
  'mime-not-closed': 'A multipart has no end; its last part may be cut.',
  'mime-too-many-parts': 'The mail has more parts than are looked at.',
  'mime-too-deep': 'Multiparts are nested deeper than is looked at.',
}

/** Why something is not read, in words for a person. */
export const refusals = {
  tooDeep: {
    code: 'too-deep',
    text: `Archives or mails are nested more than ${nestingLimit} levels deep. No reporter does that.`,
  },
  tooManyMembers: {
    code: 'too-many-members',
    text: `The archive has more than ${archiveMembersLimit} files. Those before were read.`,
  },
  tooManyParts: {
    code: 'too-many-parts',
    text: 'The mail has more parts than are looked at. Those before were read.',
  },
  encrypted: { code: 'encrypted-archive', text: 'The archive is protected by a password.' },
  encryptedMail: {
    code: 'encrypted-mail',
    text: 'The mail is encrypted (S/MIME); only its recipient can open it.',
  },
  mailTooLarge: { code: 'too-large', text: `The mail is larger than ${mailBytesLimit / 1_048_576} MiB.` },
  jsonTooLarge: { code: 'too-large', text: `The JSON document is larger than ${jsonBytesLimit / 1_048_576} MiB.` },
  zipTooLarge: {
    code: 'too-large',
    text: `A zip archive of more than ${zipInMemoryLimit / 1_048_576} MiB can be read from a file only, not from a stream.`,
  },
  unknownMethod: { code: 'bad-archive', text: 'The archive member is packed in a way that is not known.' },
} as const satisfies Record<string, UnwrapFault>

export const mailWithoutReport: UnwrapNote = { code: 'mail-without-report', text: 'The mail holds no report.' }

export function emptyArchiveText(files: number): string {
  return files === 0 ? 'The archive holds no file.' : 'None of the files in the archive is a report.'
}

/** Nothing readable: quiet where it is empty, an answer where somebody asked, silence beside other things. */
export function* withoutReport(kind: ReturnType<typeof sniff>, place: Place): Generator<Document> {
  if (place.standing === 'found') return
  switch (kind) {
    case 'empty':
      yield { ...shown(place), kind: 'none', notes: [...place.notes, { code: 'empty', text: 'The file is empty.' }] }
      return
    case 'unused':
      yield {
        ...shown(place),
        kind: 'none',
        notes: [...place.notes, { code: 'unused', text: 'The file only says that it is unused.' }],
      }
      return
    case 'html':
      yield unreadable(place, { code: 'not-a-report', text: 'This is a web page (HTML), not a report.' })
      return
    case 'text':
      yield unreadable(place, { code: 'not-a-report', text: 'This is plain text, neither a mail nor a report.' })
      return
    case 'other-archive':
      yield unreadable(place, {
        code: 'bad-archive',
        text: 'This kind of archive is not read; reports come as gzip or zip.',
      })
      return
    default:
      yield unreadable(place, { code: 'not-a-report', text: 'The bytes are no mail, no archive and no report.' })
  }
}

export function partPlace(place: Place, name: string | null): Place {
  return name === null ? place : { ...place, path: `${place.path}/${label(name)}`, fileName: lastName(name) }
}

/** What a document tells about its place. */
export function shown(place: Place): Pick<Document, 'path' | 'fileName' | 'mail' | 'delivery' | 'notes'> {
  const { path, fileName, mail, delivery, notes } = place
  return { path, fileName, mail, delivery, notes }
}

export function unreadable(place: Place, fault: UnwrapFault): Document {
  return { ...shown(place), kind: 'unreadable', fault }
}

/** A name for people: one line, of bounded length. */
export function label(name: string): string {
  const line = name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return line.length > nameLimit ? `${line.slice(0, nameLimit)}…` : line
}

/** The name without folders; null where nothing is left. */
export function lastName(name: string): string | null {
  const last = label(name).split(/[\\/]/).at(-1)?.trim() ?? ''
  return last === '' ? null : last
}
