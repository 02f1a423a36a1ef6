import type { DkimVerification } from '@letterlock/protocols'
import type { DkimCase } from './dkim-cases.ts'
import type { Difference } from './findings.ts'

/** What another implementation said of one signature. */
export interface DkimTold {
  readonly result: 'pass' | 'temperror' | 'no pass'
  readonly text: string
}

export interface DkimSeen {
  readonly given: DkimCase
  readonly ours: DkimVerification
  readonly theirs: DkimTold
}

/** Ours refuses for a reason that the other does not know. */
const refused =
  (...codes: readonly DkimVerification['code'][]) =>
  ({ ours, theirs }: DkimSeen) =>
    codes.includes(ours.code) && theirs.result === 'pass'

/** Ours lets pass what the other refuses; `holds` is the evidence for why. */
const passed = (holds: (seen: DkimSeen) => boolean) => (seen: DkimSeen) =>
  seen.ours.result === 'pass' && seen.theirs.result === 'no pass' && holds(seen)

/** The signature field, folds included. */
function fieldOf({ given, ours }: DkimSeen): string {
  const header = given.message.slice(0, given.message.indexOf('\r\n\r\n'))
  const fields = header.split(/\r\n(?![ \t])/)
  return fields.filter(field => /^dkim-signature[ \t]*:/i.test(field))[ours.index] ?? ''
}

function headerOf({ given }: DkimSeen): string {
  return given.message.slice(0, given.message.indexOf('\r\n\r\n'))
}

function bodyOf({ given }: DkimSeen): string {
  return given.message.slice(given.message.indexOf('\r\n\r\n') + 4)
}

/** Texts at the name of the key. */
function keysOf({ given, ours }: DkimSeen): readonly string[] {
  return [given.zone.txt?.[`${ours.selector}._domainkey.${ours.domain}`] ?? []].flat()
}

function tagOf(seen: DkimSeen, name: string): string {
  return new RegExp(`[:;][ \\t\\r\\n]*${name}[ \\t\\r\\n]*=[ \\t\\r\\n]*([^;]*)`).exec(fieldOf(seen))?.[1] ?? ''
}

const hasBareLineEnd = (seen: DkimSeen) => /(^|[^\r])\n|\r(?!\n)/.test(bodyOf(seen))

export const differencesOfPython: readonly Difference<DkimSeen>[] = [
  {
    entry: 'DKIM-089',
    what: 'A signature whose `l=` leaves octets of the body uncovered is `policy` by default; a pass with dkimpy',
    explains: refused('dkim-body-uncovered'),
  },
  {
    entry: 'DKIM-070',
    what: 'Names in `h=`, the domain in `d=` and the local-part in `i=` are held to their grammar',
    explains: refused('dkim-signed-names', 'dkim-domain', 'dkim-identity'),
  },
  {
    entry: 'DKIM-071',
    what: 'Tags that contradict the message or each other (`l=`, `h=`, `x=` with `t=`) are a permanent failure',
    explains: refused('dkim-body-length', 'dkim-time', 'dkim-from-unsigned'),
  },
  {
    entry: 'DKIM-073',
    what: '`t=` may lie an hour ahead; ten hours with dkimpy',
    explains: refused('dkim-future'),
  },
  {
    entry: 'DKIM-080',
    what: 'A key record is used only where its `v=` stands first, if it is there, and its `h=` lists the hash',
    explains: refused('dkim-key-version', 'dkim-key-hash'),
  },
  {
    entry: 'DKIM-039',
    what: 'A bare line feed in the body is an octet like any other; dkimpy reads it as a line end',
    explains: seen => refused('dkim-body-hash')(seen) && hasBareLineEnd(seen),
  },
  {
    entry: 'DKIM-079',
    what: 'Where the key could not be had the result is `temperror`; dkimpy knows pass and no pass only',
    explains: ({ ours, theirs }) => ours.result === 'temperror' && theirs.result === 'no pass',
  },
  {
    entry: 'DKIM-096',
    what: 'A second From beside the one that is signed does not break the signature (the message itself is judged by its author); dkimpy covers all of them',
    explains: passed(seen => (headerOf(seen).match(/^From[ \t]*:/gim) ?? []).length > 1),
  },
  {
    entry: 'DKIM-031',
    what: 'White space between the name of a field and its colon; dkimpy refuses the message',
    explains: passed(({ theirs }) => theirs.text === 'the message is refused'),
  },
  {
    entry: 'DKIM-097',
    what: '`q=` may list methods that are unknown beside `dns/txt`, in any case of letters; dkimpy wants exactly `dns/txt`',
    explains: passed(({ theirs }) => theirs.text.includes('q= value is not dns/txt')),
  },
  {
    entry: 'DKIM-021',
    what: 'Literals of the grammar, such as the value of `a=` and of `k=`, are of any case; dkimpy compares them exactly',
    explains: passed(
      seen =>
        /[A-Z]/.test(tagOf(seen, 'a')) ||
        /[A-Z]/.test(tagOf(seen, 'c')) ||
        keysOf(seen).some(text => /k=[A-Z]/.test(text)),
    ),
  },
  {
    entry: 'DKIM-081',
    what: '`s=` of a key record may list several services; dkimpy reads it as one',
    explains: passed(seen => keysOf(seen).some(text => text.includes('s=other:email'))),
  },
  {
    entry: 'DKIM-084',
    what: 'Of several records at the name of the key each is tried; dkimpy takes the first',
    explains: passed(seen => keysOf(seen).length > 1),
  },
  {
    entry: 'DKIM-033',
    what: 'White space at the end of a relaxed body that lacks its final line end goes too; dkimpy keeps it',
    explains: passed(seen => seen.theirs.text.includes('body hash mismatch') && /[ \t]$/.test(bodyOf(seen))),
  },
  {
    entry: 'DKIM-030',
    what: 'White space at the end of the signature field is kept where the header is simple; dkimpy takes it out',
    explains: seen =>
      (seen.ours.result === 'pass' || seen.ours.code === 'dkim-signature') &&
      !/^relaxed/i.test(tagOf(seen, 'c')) &&
      /[ \t]$/.test(fieldOf(seen)),
  },
  {
    entry: 'DKIM-037',
    what: 'White space after the value of `b=` is taken out with it; dkimpy keeps it',
    explains: passed(seen => /[;: \t\n]b[ \t\r\n]*=[^;]*[ \t\r\n](;|$)/.test(fieldOf(seen))),
  },
]

export const differencesOfMailauth: readonly Difference<DkimSeen>[] = [
  {
    entry: 'DKIM-089',
    what: 'A signature whose `l=` leaves octets of the body uncovered is `policy` by default; a pass that is told apart with mailauth',
    explains: refused('dkim-body-uncovered'),
  },
  {
    entry: 'DKIM-070',
    what: 'Names in `h=`, base64 in `b=` and the parts of `c=` are held to their grammar',
    explains: refused('dkim-signed-names', 'dkim-base64', 'dkim-canonicalization'),
  },
  {
    entry: 'DKIM-071',
    what: '`l=` greater than the body is a permanent failure',
    explains: refused('dkim-body-length'),
  },
  {
    entry: 'DKIM-073',
    what: '`t=` may lie an hour ahead',
    explains: refused('dkim-future'),
  },
  {
    entry: 'DKIM-072',
    what: 'Five minutes of allowance after `x=`; none in mailauth',
    explains: passed(({ theirs }) => theirs.text.includes('expired')),
  },
  {
    entry: 'DKIM-039',
    what: 'A bare line feed in the body is an octet like any other; mailauth reads it as a line end',
    explains: seen => refused('dkim-body-hash')(seen) && hasBareLineEnd(seen),
  },
  {
    entry: 'DKIM-084',
    what: 'Of several records at the name of the key each is tried; mailauth takes the first',
    explains: passed(seen => keysOf(seen).length > 1),
  },
]
