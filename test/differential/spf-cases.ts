import type { DnsLiteral } from '@letterlock/protocols'
import { Choices } from './random.ts'

/** One check_host() with the DNS that it asks. */
export interface SpfCase {
  readonly zone: DnsLiteral
  readonly ip: string
  readonly helo: string
  readonly sender: string
}

const clients4 = ['192.0.2.1', '192.0.2.77', '198.51.100.10', '203.0.113.9'] as const
const clients6 = ['2001:db8::1', '2001:db8:1:2::77', '2001:db8:ffff::9'] as const
const hosts = ['h0.example.org', 'h1.example.org', 'h2.d0.example.org', 'h3.example.net', 'gone.example.org'] as const
const domains = ['d0.example.org', 'd1.example.org', 'd2.d0.example.org', 'd3.example.net', 'd4.example.com'] as const
const locals = ['user', 'strong-bad', 'a.b+c', 'x_y=z', 'Mixed', '-dash-', '"q s"', 'jos\u00e9', '1.2'] as const
const helos = ['h0.example.org', 'mail.d0.example.org', 'localhost', '[192.0.2.1]', 'gone.example.org'] as const

/** Letters of a record with transformers; those of an explanation alone come in explanations and as mistakes. */
const macros = [
  '%{d}',
  '%{d2}',
  '%{dr}',
  '%{o}',
  '%{l}',
  '%{l1r-}',
  '%{l1r+-}',
  '%{s}',
  '%{S}',
  '%{L}',
  '%{i}',
  '%{ir}',
  '%{I}',
  '%{v}',
  '%{h}',
  '%{H}',
  '%{p}',
  '%{p2}',
  '%{i3}',
  '%{D1}',
  '%{o127}',
  '%%',
  '%_',
  '%-',
  '%{l/}',
  '%{s=_}',
] as const

const mistakes = [
  'a/33',
  'a//129',
  'a/08',
  'a/',
  'a:com',
  'a:',
  'a:x.1',
  'a:x.a-',
  'mx:h0.example.org/24/64',
  'ip4:192.0.2',
  'ip4:192.0.2.1/33',
  'ip4:192.0.2.01',
  'ip4:2001:db8::1',
  'ip4',
  'ip6:2001:db8::1/129',
  'ip6:192.0.2.1',
  'ip6:2001:db8:::1',
  'all:x',
  'all/24',
  '-al',
  'ALL.',
  'foo',
  'foo:bar',
  'include',
  'include:',
  'include/24',
  'exists',
  'exists:d0.example.org/24',
  'exists:%{z}.example.org',
  'exists:%{d0}.example.org',
  'exists:%{d.example.org',
  'exists:%x.example.org',
  'exists:%{c}.example.org',
  'exists:%{i}..example.org',
  'a:%{d}%',
  'ptr/24',
  'ptr:',
  'redirect=',
  'redirect=x',
  'exp=',
  'exp=e.example.org exp=e.example.org',
  'redirect=d1.example.org redirect=d1.example.org',
  'foo=%',
  'foo=%{c}',
  'foo=%{z}',
  '=x',
  '1foo=x',
  'a,',
  '+-all',
  'ip4:192.0.2.1\t-all',
  'a:h0.example.org\u00e9',
  'a:h_0.example.org',
  'a:h0.example.org.',
  'foo=',
  'foo=bar',
  'fo.o-1=%{d}:/x',
  'A:H0.EXAMPLE.ORG',
  'IP4:192.0.2.1',
  'ip6:::ffff:192.0.2.1',
  'ip6:::/0',
  'ip4:0.0.0.0/0',
  'Include:d1.example.org',
  'moo=1 moo=2',
] as const

/** The same case for the same number. */
export function spfCase(number: number): SpfCase {
  return new SpfZone(new Choices(number)).made()
}

class SpfZone {
  private readonly choices: Choices
  private readonly ip: string
  private readonly helo: string
  private readonly sender: string
  /** How deep the trees of this case go: some cases exist to run into the limits. */
  private readonly isDeep: boolean
  private readonly hasMistakes: boolean

  constructor(choices: Choices) {
    this.choices = choices
    this.ip = choices.pick(choices.chance(0.6) ? clients4 : clients6)
    if (choices.chance(0.03)) this.ip = '::ffff:192.0.2.1'
    this.helo = choices.chance(0.8) ? choices.pick(helos) : choices.pick(domains)
    const domain = choices.weighted([
      [90, choices.pick(domains)],
      [2, 'D0.Example.ORG'],
      [2, 'org'],
      [2, 'gone.example.org'],
      [1, `${'a'.repeat(64)}.example.org`],
      [1, 'd0..example.org'],
    ])
    this.sender = choices.weighted([
      [85, `${choices.pick(locals)}@${domain}`],
      [5, ''],
      [5, `@${domain}`],
      [5, `postmaster@${domain}`],
    ])
    this.isDeep = choices.chance(0.15)
    this.hasMistakes = choices.chance(0.2)
  }

  made(): SpfCase {
    const { choices } = this
    const txt: Record<string, string[]> = {}
    for (const domain of domains) txt[domain] = this.texts()
    if (choices.chance(0.3)) txt['h0.example.org'] = this.texts()
    txt['e.example.org'] = this.explanations()
    const zone = {
      txt,
      a: this.addresses(clients4),
      aaaa: this.addresses(clients6),
      mx: this.exchanges(),
      ptr: { [reverseName(this.ip)]: this.reverseNames() },
      cname: choices.chance(0.3) ? this.aliases() : {},
      timeout: choices.chance(0.15) ? choices.several(1, 4, () => this.failing()) : [],
      empty: choices.chance(0.5) ? ['gone.example.org'] : [],
    }
    return { zone, ip: this.ip, helo: this.helo, sender: this.sender }
  }

  private texts(): string[] {
    const record = this.record()
    return this.choices.weighted<() => string[]>([
      [86, () => [record]],
      [5, () => ['some other text', record]],
      [2, () => []],
      [2, () => [record, 'v=spf1 -all']],
      [1, () => [record.replace('v=spf1', 'v=spf10')]],
      [1, () => [record.replace('v=spf1', 'V=SPF1')]],
      [1, () => [` ${record}`]],
      [1, () => ['v=spf1']],
      [1, () => [`${record} `]],
    ])()
  }

  private record(): string {
    const { choices } = this
    const terms = choices.several(0, this.isDeep ? 6 : 4, () => this.term())
    if (this.hasMistakes && choices.chance(0.4))
      terms.splice(choices.below(terms.length + 1), 0, choices.pick(mistakes))
    const end = choices.weighted<readonly string[]>([
      [60, [`${choices.pick(['-', '~', '?', '', '+', '-'])}all`]],
      [22, [`redirect=${this.domainSpec(domains)}`]],
      [10, []],
      [3, ['redirect=d1.example.org', '-all']],
    ])
    const explained = choices.chance(0.35) ? ['exp=e.example.org'] : []
    const gap = choices.chance(0.05) ? '  ' : ' '
    return ['v=spf1', ...terms, ...end, ...explained].join(gap)
  }

  private term(): string {
    const { choices } = this
    const sign = choices.weighted([
      [60, ''],
      [12, '-'],
      [8, '~'],
      [8, '?'],
      [8, '+'],
    ])
    const name = choices.weighted<() => string>([
      [this.isDeep ? 50 : 18, () => `include:${this.domainSpec(domains)}`],
      [16, () => `a${this.target(hosts)}${this.prefixes()}`],
      [14, () => `mx${this.target([...domains, ...hosts])}${this.prefixes()}`],
      [6, () => `ptr${this.target([...domains, 'example.org'])}`],
      [14, () => `exists:${this.domainSpec([...hosts, `${this.reversed()}._spf.example.org`])}`],
      [12, () => `ip4:${choices.pick(clients4)}${choices.pick(['', '', '/24', '/32', '/0', '/25'])}`],
      [10, () => `ip6:${choices.pick(clients6)}${choices.pick(['', '', '/64', '/128', '/0', '/33'])}`],
    ])()
    return sign + name
  }

  private target(names: readonly string[]): string {
    return this.choices.chance(0.25) ? '' : `:${this.domainSpec(names)}`
  }

  private domainSpec(names: readonly string[]): string {
    const { choices } = this
    return choices.weighted<() => string>([
      [84, () => choices.pick(names)],
      [6, () => '%{ir}.%{v}._spf.example.org'],
      [4, () => `${choices.pick(macros)}.${choices.pick(names)}`],
      [2, () => choices.pick(['%{d}', '%{o}', '%{d2}', '%{h}', '%{p}'])],
      [2, () => `h${choices.below(4)}.%{d2}`],
      [1, () => `${'long-label.'.repeat(22)}%{d}.%{s}.example.org`],
      [1, () => `${choices.pick(macros)}-${choices.pick(macros)}.${choices.pick(names)}`],
    ])()
  }

  private prefixes(): string {
    return this.choices.pick(['', '', '', '', '/24', '/32', '//64', '/24//64', '/0', '//0', '/31'])
  }

  private reversed(): string {
    return reverseName(this.ip).replace('.arpa', '')
  }

  private addresses(clients: readonly string[]): Record<string, string[]> {
    const { choices } = this
    const found: Record<string, string[]> = {}
    for (const name of [...hosts, ...domains])
      if (name !== 'gone.example.org' && choices.chance(0.6))
        found[name] = choices.several(1, 3, () => choices.pick(clients))
    if (clients === clients4 && choices.chance(0.6)) found[`${this.reversed()}._spf.example.org`] = ['127.0.0.2']
    return found
  }

  private exchanges(): Record<string, string[]> {
    const { choices } = this
    const found: Record<string, string[]> = {}
    for (const name of domains)
      if (choices.chance(0.6)) {
        const many = choices.chance(0.08) ? 10 + choices.below(2) : 0
        const listed = choices.several(many === 0 ? 1 : many, many === 0 ? 3 : many, () => choices.pick(hosts))
        found[name] = choices.chance(0.05) ? ['0 .'] : listed.map((host, at) => `${(at + 1) * 10} ${host}`)
      }
    return found
  }

  private reverseNames(): string[] {
    const { choices } = this
    if (choices.chance(0.3)) return []
    const names = choices.several(1, 3, () => choices.pick([...hosts, ...domains]))
    if (!choices.chance(0.1)) return names
    return [...Array.from({ length: 10 }, (_, at) => `other${at}.example.net`), ...names]
  }

  private aliases(): Record<string, string> {
    return this.choices.chance(0.9) ? { 'alias.example.org': 'h0.example.org' } : {}
  }

  private failing(): string {
    const { choices } = this
    return `${choices.pick(['a', 'aaaa', 'mx', 'txt'])} ${choices.pick([...hosts, ...domains])}`
  }

  private explanations(): string[] {
    const { choices } = this
    const text = choices
      .several(1, 6, () => choices.pick([...macros, '%{c}', '%{r}', '%{C}', 'see', 'http://x.example/?', ' ', ': ']))
      .join(choices.pick([' ', '.', '']))
    return choices.weighted<() => string[]>([
      [90, () => [text]],
      [3, () => []],
      [3, () => [text, text]],
      [2, () => ['caf\u00e9']],
      [2, () => [`${text}%{`]],
    ])()
  }
}

/** Name of the reverse look-up, worked out apart from the code under test. */
function reverseName(ip: string): string {
  if (ip.startsWith('::ffff:')) return reverseName(ip.slice('::ffff:'.length))
  if (!ip.includes(':')) return `${ip.split('.').reverse().join('.')}.in-addr.arpa`
  const [head = '', tail = ''] = ip.split('::')
  const [front, back] = [head, tail].map(part => (part === '' ? [] : part.split(':')))
  const zeros = Array.from({ length: 8 - (front?.length ?? 0) - (back?.length ?? 0) }, () => '0')
  const digits = [...(front ?? []), ...zeros, ...(back ?? [])].map(group => group.padStart(4, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}
