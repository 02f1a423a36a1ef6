import type { Service } from '../service.ts'

/** Mailbox providers: people and companies write from there; many also forward. */
export const mailboxProviders: readonly Service[] = [
  {
    id: 'google-workspace',
    name: 'Google Workspace and Gmail',
    category: 'mailbox-provider',
    spfIncludes: ['_spf.google.com'],
    dkimDomains: ['gmail.com', 'googlemail.com', 'google.com', 'gappssmtp.com'],
    dkimSelectors: [{ pattern: 'google', isSpecific: true }],
    envelopeDomains: ['gmail.com', 'googlemail.com', 'google.com'],
    ptrDomains: ['google.com', 'googlemail.com'],
    alignedDkim: 'yes',
    alignedSpf: 'yes',
    setUp:
      'In the Admin console under Apps, Gmail, Authenticate email, make a key and publish it as TXT at google._domainkey; include _spf.google.com in the SPF record of the domain.',
    sources: [{ from: 'https://support.google.com/a/answer/174124', seen: '2026-11-24' }],
  },
  {
    id: 'microsoft-365',
    name: 'Microsoft 365 and Outlook.com',
    category: 'mailbox-provider',
    spfIncludes: ['spf.protection.outlook.com', 'spf.protection.office365.us', 'spf.protection.partner.outlook.cn'],
    dkimDomains: ['onmicrosoft.com', 'outlook.com', 'hotmail.com', 'microsoft.com'],
    dkimSelectors: [
      { pattern: 'selector1', isSpecific: false },
      { pattern: 'selector2', isSpecific: false },
    ],
    envelopeDomains: ['onmicrosoft.com', 'outlook.com', 'hotmail.com', 'microsoft.com'],
    ptrDomains: ['outlook.com', 'outlook.cn'],
    alignedDkim: 'yes',
    alignedSpf: 'yes',
    setUp:
      'In the Defender portal under Email authentication settings, DKIM, publish the two CNAME records selector1._domainkey and selector2._domainkey and switch signing on; include spf.protection.outlook.com in the SPF record.',
    sources: [
      {
        from: 'https://learn.microsoft.com/en-us/defender-office-365/email-authentication-dkim-configure',
        seen: '2026-11-24',
      },
    ],
  },
]
