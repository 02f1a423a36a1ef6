import type { DnsLiteral } from '@letterlock/protocols'
import { Choices } from './random.ts'

/** What DMARC takes: the Author Domain, the identifiers that passed, and the DNS. */
export interface DmarcCase {
  readonly zone: DnsLiteral
  readonly author: string
  /** Domain of MAIL FROM where SPF passed. */
  readonly spf: string | null
  /** d= of a signature that passed. */
  readonly dkim: string | null
}

/** The same case for the same number. */
export function dmarcCase(number: number): DmarcCase {
  return new DmarcZone(new Choices(number)).made()
}

const organizations = ['alpha.org', 'beta.com', 'gamma.co.uk', 'delta.github.io'] as const
const prefixes = [
  '',
  '',
  'mail.',
  'a.mail.',
  'b.a.mail.',
  'news.',
  '1.2.3.4.5.6.7.mail.',
  'x.1.2.3.4.5.6.7.8.mail.',
] as const

class DmarcZone {
  private readonly choices: Choices
  private readonly organization: string
  private readonly author: string

  constructor(choices: Choices) {
    this.choices = choices
    this.organization = choices.weighted(organizations.map(name => [name.endsWith('.io') ? 3 : 30, name]))
    this.author = choices.weighted([
      [90, this.named()],
      [3, this.named().toUpperCase()],
      [3, this.organization.slice(this.organization.indexOf('.') + 1)],
    ])
  }

  made(): DmarcCase {
    const { choices, author } = this
    const txt: Record<string, string[]> = {}
    const names = ancestors(author)
    for (const name of names) {
      // The organization and the author matter most; a top label publishes seldom.
      const share = name === this.organization ? 0.8 : name === names[0] ? 0.5 : name.includes('.') ? 0.2 : 0.08
      if (choices.chance(share)) txt[`_dmarc.${name}`] = this.texts(!name.includes('.') || name === 'co.uk')
    }
    const spf = choices.chance(0.6) ? this.identifier() : null
    const dkim = choices.chance(0.6) ? this.identifier() : null
    for (const domain of [spf, dkim])
      if (domain !== null && choices.chance(0.15)) txt[`_dmarc.${domain.toLowerCase()}`] ??= this.texts(false)
    const zone = {
      txt,
      a: choices.chance(0.5) ? { [author.toLowerCase()]: '192.0.2.1' } : {},
      empty: choices.chance(0.2) ? [author] : [],
      timeout: choices.chance(0.08) ? [`txt _dmarc.${choices.pick(names)}`] : [],
    }
    return { zone, author, spf, dkim }
  }

  private named(): string {
    return this.choices.pick(prefixes) + this.organization
  }

  private identifier(): string {
    const { choices } = this
    return choices.weighted([
      [30, this.author],
      [40, this.named()],
      [10, this.organization],
      [15, choices.pick(prefixes) + choices.pick(organizations)],
      [5, choices.pick(['org', 'co.uk', 'example.net'])],
    ])
  }

  private texts(isSuffix: boolean): string[] {
    const { choices } = this
    const record = this.record(isSuffix)
    return choices.weighted<string[]>([
      [84, [record]],
      [4, ['some other text', record]],
      [3, [record, this.record(isSuffix)]],
      [2, [record.replace('DMARC1', 'dmarc1')]],
      [2, [record.replace('DMARC1', 'DMARC2')]],
      [2, [` ${record}`]],
      [2, [record.replace('v=', 'V = ')]],
      [1, ['v=DMARC1']],
    ])
  }

  private record(isSuffix: boolean): string {
    const { choices } = this
    const policy = () => choices.pick(['none', 'quarantine', 'reject'])
    const tags: string[] = []
    const add = (share: number, text: () => string) => {
      if (choices.chance(share)) tags.push(text())
    }
    add(0.93, () => `p=${policy()}`)
    add(0.35, () => `sp=${policy()}`)
    add(0.25, () => `np=${policy()}`)
    add(0.25, () => `adkim=${choices.pick(['r', 's'])}`)
    add(0.25, () => `aspf=${choices.pick(['r', 's'])}`)
    add(isSuffix ? 0.6 : 0.12, () => `psd=${choices.pick(isSuffix ? ['y', 'y', 'u'] : ['n', 'n', 'u', 'y'])}`)
    add(0.15, () => `t=${choices.pick(['y', 'n'])}`)
    add(0.5, () => `rua=mailto:dmarc@${this.organization}`)
    add(0.1, () => 'pct=50')
    add(0.05, () => 'unknown=x')
    if (choices.chance(0.08))
      tags.push(choices.pick(['adkim=x', 'aspf=', 'psd=maybe', 't=1', 'fo=9', 'xyz', '=', 'rua=nobody']))
    if (choices.chance(0.06)) tags.push(choices.pick(['p=block', 'sp=block', 'np=block', 'p=', 'sp=']))
    if (choices.chance(0.04)) tags.push(choices.pick(['P=reject', 'p=none', 'SP=none', 'p=REJECT', 'adkim=S']))
    // p stands second in most records, and anywhere after the version in some.
    if (choices.chance(0.2)) tags.sort(() => choices.below(3) - 1)
    const gap = choices.weighted([
      [70, '; '],
      [20, ';'],
      [5, ' ; '],
      [3, ';; '],
      [2, ' '],
    ])
    return ['v=DMARC1', ...tags].join(gap) + choices.pick(['', ';', '; '])
  }
}

/** The name and all names above it. */
function ancestors(name: string): string[] {
  const labels = name.toLowerCase().split('.')
  return labels.map((_, at) => labels.slice(at).join('.'))
}
