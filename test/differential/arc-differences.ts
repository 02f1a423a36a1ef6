import type { ArcVerification } from '@letterlock/protocols'
import type { ArcCase } from './arc-cases.ts'
import type { Difference } from './findings.ts'

/** What another implementation said of a chain. */
export interface ArcTold {
  readonly result: string
  readonly text: string
}

export interface ArcSeen {
  readonly given: ArcCase
  readonly ours: ArcVerification
  readonly theirs: ArcTold
}

/** Ours refuses for a reason that the other does not know. */
const refused =
  (...codes: readonly ArcVerification['code'][]) =>
  ({ ours, theirs }: ArcSeen) =>
    codes.includes(ours.code) && theirs.result === 'pass'

/** Ours lets pass what the other refuses with this text. */
const passed =
  (text: string | RegExp) =>
  ({ ours, theirs }: ArcSeen) =>
    ours.result === 'pass' && theirs.result === 'fail' && theirs.text.search(text) !== -1

/** Instances whose message signature keeps no rule, though the seals hold. */
function hasUnreadableOlder({ ours }: ArcSeen): boolean {
  return ours.sets.slice(0, -1).some(set => !set.message.signature.ok)
}

export const differencesOfPython: readonly Difference<ArcSeen>[] = [
  {
    entry: 'ARC-012',
    what: 'Older message signatures never change the status, so they need not keep the rules; dkimpy wants them to',
    explains: seen =>
      passed(/missing |value is|unknown signature algorithm: b'rsa-sha1'/)(seen) && hasUnreadableOlder(seen),
  },
  {
    entry: 'ARC-017',
    what: 'ed25519-sha256 seals as it signs; dkimpy validates rsa-sha256 only',
    explains: passed(/unknown signature algorithm: b'ed25519-sha256'/),
  },
  {
    entry: 'ARC-010',
    what: '`cv=` in any case of letters; dkimpy compares exactly',
    explains: passed('cv= value is not valid'),
  },
  {
    entry: 'ARC-004',
    what: 'Sets are taken by their instance, in whatever order they stand; dkimpy takes them from the bottom up',
    explains: seen => passed('did not validate')(seen) && seen.given.notes.includes('sets in another order'),
  },
  {
    entry: 'ARC-019',
    what: 'The names in `h=` of the newest message signature are held to the rules of DKIM',
    explains: refused('arc-message-signature'),
  },
  {
    entry: 'ARC-017',
    what: 'A message signature without `c=` is simple/simple, as a DKIM signature is; dkimpy takes relaxed/relaxed',
    explains: seen => refused('arc-body-hash', 'arc-signature')(seen) && seen.given.notes.includes('no c'),
  },
  {
    entry: 'ARC-017',
    what: 'A key whose `h=` lacks the hash of the signature is not used',
    explains: seen => refused('arc-signature', 'arc-seal')(seen) && seen.ours.text.includes('does not allow sha256'),
  },
]

export const differencesOfMailauth: readonly Difference<ArcSeen>[] = [
  {
    entry: 'ARC-017',
    what: 'Base64 in `b=` of a seal is held to its grammar',
    explains: refused('arc-seal-signer'),
  },
  {
    entry: 'ARC-019',
    what: 'The names in `h=` of the newest message signature are held to the rules of DKIM',
    explains: refused('arc-message-signature'),
  },
  {
    entry: 'ARC-012',
    what: 'Older message signatures never change the status, so they need not keep the rules; mailauth wants an algorithm that it knows',
    explains: seen => passed('')(seen) && hasUnreadableOlder(seen) && seen.given.notes.includes('a sha1'),
  },
]
