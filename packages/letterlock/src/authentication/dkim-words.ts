import type { DkimCode } from '@letterlock/protocols'

/** What became of a signature, for somebody who does not know the standard. */
interface CodeWords {
  /** One sentence on what happened. */
  readonly text: string
  /** What the signer does about it; null where there is nothing to do. */
  readonly next: string | null
}

const brokenField: CodeWords = {
  text: 'The signature field breaks the rules for such fields, so receivers ignore it.',
  next: 'Repair or update the program that signs.',
}

const brokenKey: CodeWords = {
  text: 'The public key in DNS cannot be used.',
  next: 'Publish the key record anew; "letterlock dkim record" prints it.',
}

/** Every code of a verification in plain words; the exact text of the verifier stands beside it as a fact. */
export const dkimWords: Readonly<Record<DkimCode, CodeWords>> = {
  'dkim-pass': { text: 'The signature is unbroken: what it covers was not changed on the way.', next: null },
  'dkim-not-tried': { text: 'It was not tried: the message has more signatures than are tried.', next: null },
  'dkim-body-hash': {
    text: 'The text of the message was changed after it was signed.',
    next: 'Find what changes it on the way, such as a mailing list that adds a footer or a gateway that rewrites links, and sign behind it.',
  },
  'dkim-signature': {
    text: 'A signed header field was changed, added or removed after signing, or another key was used.',
    next: 'Compare the key in DNS with the key that signs; then find what changes the header on the way.',
  },
  'dkim-body-uncovered': {
    text: 'The signature covers only the beginning of the text. Anybody could have added the rest, so it does not count.',
    next: 'Sign without "l=".',
  },
  'dkim-expired': {
    text: 'The signature had expired when the message came.',
    next: 'If this is an old message, give the time of its arrival; else let signatures last longer.',
  },
  'dkim-future': {
    text: 'The signature is dated in the future.',
    next: 'Set the clock of the server that signs.',
  },
  'dkim-key-none': {
    text: 'There is no public key in DNS under the name that the signature gives, so nobody can verify it.',
    next: 'Publish the key record. Keys of old messages are often gone on purpose.',
  },
  'dkim-key-temporary': {
    text: 'DNS did not answer when it was asked for the public key, so it is not known whether the signature holds.',
    next: 'Ask again later.',
  },
  'dkim-key-bogus': {
    text: 'DNSSEC proves that the answer for the public key is wrong, so it is not known whether the signature holds.',
    next: 'Repair DNSSEC of that zone.',
  },
  'dkim-key-revoked': {
    text: 'The key was withdrawn by its owner.',
    next: 'Sign with a key that is published.',
  },
  'dkim-key-small': {
    text: 'The key is too short to be safe, so it must not count.',
    next: 'Sign with an RSA key of 2048 bits: "letterlock dkim keygen".',
  },
  'dkim-key-large': {
    text: 'The key is longer than verifiers try.',
    next: 'Sign with an RSA key of 2048 bits: "letterlock dkim keygen".',
  },
  'dkim-key-testing': {
    text: 'Its owner marks the key as a test, so the signature counts as none.',
    next: 'When the test is over, publish the key without "t=y".',
  },
  'dkim-key-unfit': {
    text: 'The key in DNS is of another kind than the signature.',
    next: 'Give each kind of key a selector of its own.',
  },
  'dkim-key-service': { text: 'The key in DNS is not meant for mail.', next: 'Publish a key without "s=".' },
  'dkim-key-hash': {
    text: 'The key in DNS does not allow the hash that the signature uses.',
    next: 'Publish the key without "h=".',
  },
  'dkim-identity-strict': {
    text: 'The key demands that the signature speaks for the domain itself, and it speaks for a name below it.',
    next: 'Sign with i= at the domain itself, or publish the key without "t=s".',
  },
  'dkim-key-long': brokenKey,
  'dkim-key-tags': brokenKey,
  'dkim-key-version': brokenKey,
  'dkim-key-missing': brokenKey,
  'dkim-key-type': brokenKey,
  'dkim-key-data': brokenKey,
  'dkim-algorithm-sha1': {
    text: 'It is signed with SHA-1, which is broken and must not count.',
    next: 'Sign with rsa-sha256.',
  },
  'dkim-algorithm': {
    text: 'It is signed in a way that verifiers do not know.',
    next: 'Sign with rsa-sha256.',
  },
  'dkim-from-unsigned': {
    text: 'The signature does not cover the From field, so it says nothing about who wrote the message.',
    next: 'Let the signature cover From.',
  },
  'dkim-body-length': {
    text: 'The signature claims to cover more text than the message has.',
    next: 'Sign without "l=".',
  },
  'dkim-field-long': brokenField,
  'dkim-tags': brokenField,
  'dkim-version': brokenField,
  'dkim-tag-missing': brokenField,
  'dkim-canonicalization': brokenField,
  'dkim-base64': brokenField,
  'dkim-domain': brokenField,
  'dkim-selector': brokenField,
  'dkim-identity': brokenField,
  'dkim-signed-names': brokenField,
  'dkim-query': brokenField,
  'dkim-time': brokenField,
}
