import {
  failuresUntilOffline,
  lookUpsAtOnce,
  lookUpsPerSecond,
} from '../../packages/letterlock/src/senders/source-enricher.ts'
import {
  type Service,
  type ServiceCategory,
  serviceCategories,
  services,
  unknownSetUp,
} from '../../packages/posture/src/index.ts'

const categoryTexts = {
  'mailbox-provider': 'mailbox providers',
  marketing: 'marketing and newsletters',
  transactional: 'mail by API or SMTP relay',
  crm: 'customer relations, fundraising, membership',
  helpdesk: 'helpdesk and support',
  hr: 'personnel, recruiting, learning',
  finance: 'invoices, payments, accounting',
  survey: 'surveys',
  'e-commerce': 'shops and bookings',
  'developer-tools': 'developer tools',
  collaboration: 'collaboration, documents, signatures',
  'public-sector': 'public sector',
  'security-gateway': 'security gateways',
  'web-host': 'web hosts',
  forwarder: 'forwarders and list hosts',
} as const satisfies Record<ServiceCategory, string>

/** docs/senders.md: how senders are named, and what the catalogue of services holds. */
export async function senderReference(): Promise<string> {
  return `${[...naming, ...proof, ...decisionText, ...lookUps, ...maps, ...catalogue(), ...adding].join('\n')}\n`
}

const naming = [
  '# Senders',
  '',
  'Reports name addresses. Letterlock names the sender behind them: a service where its catalogue knows it, else the best that is proven. The tables of this document are made from the program by `npm run docs`; a test fails when they are out of date.',
  '',
  '## How a sender is named',
  '',
  'For each row of a report the first step that applies:',
  '',
  '| step | evidence | key |',
  '| --- | --- | --- |',
  '| 1 | a passing DKIM signature whose d= is of a known service | `service:ID` |',
  '| 2 | a passing signature of your own domain by a selector that one service alone uses, such as `mandrill` | `service:ID` |',
  '| 3 | a passing signature of another organization | `dkim:DOMAIN` |',
  '| 4 | the envelope domain of an SPF pass, where it is of a known service or another organization | `service:ID`, `envelope:DOMAIN` |',
  '| 5 | the reverse name (PTR), if the name leads back to the address | `service:ID`, `ptr:DOMAIN` |',
  '| 6 | a passing signature or envelope of your own domain | `dkim:DOMAIN`, `envelope:DOMAIN` |',
  '| 7 | the network (ASN), else the address | `as:NUMBER`, `ip:ADDRESS` |',
  '',
  '`DOMAIN` is the organizational domain, by the public suffix list. A row without an address and without anything else is `ip:unknown`.',
  '',
  '- What failed names nobody. Whoever forges mail may write any d= and any envelope into it.',
  '- Your own domain says that the mail is yours, but not which service sent it. So it is asked last of what is proven.',
  '- Several known services sign: a product stands before a relay that it sends through, then mailbox providers and web hosts, then security gateways, then forwarders. A newsletter service that sends through Amazon SES is named, not Amazon SES.',
  '- Several unknown organizations sign: one whose envelope passes too stands before the others, then the alphabet decides. The order within the report never matters.',
  '- A selector that many use, such as `s1` or `k1`, names nobody.',
  '- An SPF pass of HELO names nobody. A pass without a scope counts as MAIL FROM.',
  '- The SPF record of your domain is not looked at: naming a service because one of its includes holds the address needs a resolver, and is not done.',
  '',
]

const proof = [
  '## What that proves, and what not',
  '',
  'A passing d= is proven by the key in the DNS of that domain, an envelope by its SPF record, and a reverse name by both its owner and the owner of the address: neither alone can make one. This holds as far as the reporter tells the truth; reports are not signed by the domains they speak of.',
  '',
  'Not proven is:',
  '',
  '- that mail of a service is *yours*. All customers of a service share its d=, its envelope and its hosts; somebody else can be a customer too. An aligned signature is what makes it yours.',
  '- who a tenant of a host or network is. A reverse name of a web host names the host.',
  '- anything about a network. `as:` and `ip:unknown` hold strangers together with what may be yours, so such a sender can never be called *mine*.',
  '- that a sender is an attack. Letterlock says only what passed.',
  '',
]

const decisionText = [
  '## What you say of a sender',
  '',
  'A decision is one of *mine*, *forwarding*, *not mine* and *undecided*. It holds for one domain and one key, and its history is kept. It changes no stored row: outcomes are computed when they are asked for.',
  '',
  'A decision stays with its key. Where a later version of the catalogue gives some mail another key, decide for that key; the old decision stays with what is left.',
  '',
  '```text',
  'letterlock senders list --domain example.com',
  'letterlock senders decide example.com service:mailchimp mine --note "newsletter"',
  'letterlock senders decide example.com service:mailchimp',
  '```',
  '',
]

const lookUps = [
  '## Look-ups',
  '',
  `A running instance asks the resolver of the system for the reverse names of public addresses, those with the most messages first: ${lookUpsAtOnce} at once, ${lookUpsPerSecond} addresses a second. A name is asked for its address too, and counts only if that leads back. Names are kept for 30 days, "no name" for 7, and senders are named anew when something is found.`,
  '',
  `Without a network nothing is lost: after ${failuresUntilOffline} questions without an answer it says so in the log, stops, and tries again ten minutes later. The questions tell your resolver which addresses send mail in your name; \`senders.reverse-names: false\` switches them off.`,
  '',
  'Networks are read from an MMDB file with ASNs that you name in `senders.asn-file`. None comes with Letterlock, and none is fetched.',
  '',
]

const maps = [
  '## Names of your own',
  '',
  '`letterlock senders import FILE` loads names for domains, in one of two forms. The next import takes the place of the one before. With an instance running on the data, it is the instance that loads it, as `PUT /api/v1/sender-map` does: names are there at once, and rows are named anew in the background. Other instances on the same PostgreSQL database take the names within 15 seconds. A map has at most 16 MiB, in YAML 1 MiB.',
  '',
  'CSV with the columns `base_reverse_dns` (or `domain`), `name` and, if wanted, `type`. A name is shown beside the keys `dkim:`, `envelope:` and `ptr:` of that domain; keys stay as they are.',
  '',
  'YAML or JSON, which may add services too:',
  '',
  '```yaml',
  'schema: letterlock.senders/1',
  'names:',
  '  - { domain: isp.example, name: Our provider, type: ISP }',
  'services:',
  '  - id: erp',
  '    name: Our ERP',
  '    category: finance',
  '    dkimDomains: [erp.example]',
  '    ownSelectors: ["erp#"]',
  '    envelopeDomains: [bounce.erp.example]',
  '    ptrDomains: [erp.example]',
  '```',
  '',
  'Such a service gets the key `service:local-erp`. Built-in services come first wherever both claim a domain. A public suffix is refused, because it would name everybody below it.',
  '',
]

function catalogue(): string[] {
  return [
    '## The catalogue',
    '',
    `${services.length} services by category. A fact that no source gives is left open, never guessed: the last three columns count the services for which it is known.`,
    '',
    '| category | services | set-up described | aligned DKIM known | aligned SPF known |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...serviceCategories.map(category => {
      const own = services.filter(service => service.category === category)
      return countsLine(categoryTexts[category], own)
    }),
    countsLine('all', services),
    '',
  ]
}

function countsLine(text: string, list: readonly Service[]): string {
  const count = (test: (service: Service) => boolean) => list.filter(test).length
  const setUp = count(service => service.setUp !== unknownSetUp)
  const dkim = count(service => service.alignedDkim !== 'unknown')
  const spf = count(service => service.alignedSpf !== 'unknown')
  return `| ${text} | ${list.length} | ${setUp} | ${dkim} | ${spf} |`
}

const adding = [
  '## Add a service',
  '',
  'Services are tables in `packages/posture/src/senders/services/`, one file for each category.',
  '',
  '1. Add an entry, ids in alphabetical order. The id is part of keys, and decisions hang on it: it never changes.',
  '2. Write only what a source says. Leave out a member that no source gives. `dkimDomains` and `envelopeDomains` are domains of the service itself, never of its customers; a domain where the service hosts mail of customers under their own names does not belong there.',
  '3. A selector is one of `ownSelectors` only if nobody else would use it by chance. In a pattern `#` is a run of digits and `*` a run of characters without a dot.',
  '4. Name the sources: the address of a document, or a public list of `sources.ts`.',
  '5. Say in one or two sentences of your own which records a customer publishes and where the service gives them.',
  '6. Raise `catalogueVersion` in `built-in.ts`; stored rows are named anew at the next start. Run `npm run docs` and the tests.',
]
