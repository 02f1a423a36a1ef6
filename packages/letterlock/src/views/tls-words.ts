/** What a result type means for mail (RFC 8460 s4.3), and what to do next. */
export interface ResultWords {
  /** What is true of the host, as the reporters say. */
  readonly what: string
  readonly next: string
  readonly doneWhen: string
}

const words: Readonly<Record<string, ResultWords>> = {
  'starttls-not-supported': {
    what: 'offered no STARTTLS',
    next: 'Switch STARTTLS on at every address of the host, and look for a device in front that takes it away.',
    doneWhen: 'A report day after the change has sessions and none without STARTTLS.',
  },
  'certificate-host-mismatch': {
    what: 'presented a certificate for another name',
    next: 'Install a certificate that holds the MX name at every address of the host, IPv6 too.',
    doneWhen: 'A report day after the change has sessions and no mismatch.',
  },
  'certificate-expired': {
    what: 'presented an expired certificate',
    next: 'Renew the certificate and reload the mail server, so that it presents the new one.',
    doneWhen: 'A report day after the change has sessions and no expired certificate.',
  },
  'certificate-not-trusted': {
    what: 'presented a certificate that senders do not trust',
    next: 'Install the whole chain up to a public root, intermediates included.',
    doneWhen: 'A report day after the change has sessions and no untrusted certificate.',
  },
  'validation-failure': {
    what: 'failed validation in a way that has no type of its own',
    next: 'Read the reason codes of the failures, and compare the host with the mx lines of the policy.',
    doneWhen: 'A report day after the change has sessions and no such failure.',
  },
  'tlsa-invalid': {
    what: 'did not match its TLSA records',
    next: 'Publish TLSA records for the certificate in use, the next one before it is rolled over.',
    doneWhen: 'A report day after the change has sessions and no such failure.',
  },
  'dnssec-invalid': {
    what: 'could not be looked up with valid DNSSEC',
    next: 'Repair the signatures or the DS record of the zone of the host.',
    doneWhen: 'A report day after the change has sessions and no such failure.',
  },
  'dane-required': {
    what: 'had no usable TLSA records where the sender requires DANE',
    next: 'Publish TLSA records in a signed zone, or agree with that sender.',
    doneWhen: 'A report day after the change has sessions and no such failure.',
  },
  'sts-policy-fetch-error': {
    what: 'could not be judged: the MTA-STS policy could not be fetched',
    next: 'See that the policy host answers over HTTPS with status 200 at every address.',
    doneWhen: 'A report day after the change has sessions and no fetch error.',
  },
  'sts-policy-invalid': {
    what: 'could not be judged: the MTA-STS policy is not valid',
    next: 'Correct the policy file, then change the id of the TXT record.',
    doneWhen: 'A report day after the change has sessions and no invalid policy.',
  },
  'sts-webpki-invalid': {
    what: 'could not be judged: the certificate of the MTA-STS policy host is not valid',
    next: 'Renew the certificate of the policy host.',
    doneWhen: 'A report day after the change has sessions and no such failure.',
  },
}

/** Words for a result type; a type that is not of the standard is named as it is. */
export function resultWords(type: string): ResultWords {
  return (
    words[type] ?? {
      what: `failed with “${type}”`,
      next: 'Read the failures: this result type is not of RFC 8460.',
      doneWhen: 'A report day after the change has sessions and no such failure.',
    }
  )
}
