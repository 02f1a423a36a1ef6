import { isSameName } from '../dns/name.ts'
import { formatIpAddress } from '../ip-address.ts'
import type { SpfCheck } from './evaluation.ts'
import type { Lookups } from './lookups.ts'
import { expandMacros, expandMacrosEnd, type MacroString, type MacroValues, usesLetter } from './macro.ts'
import { asALabels, isAtOrBelow, isLegalName, nibblesOf, shortened } from './names.ts'

/** Puts the values of one check in place of macros (RFC 7208 s7). */
export class Expansion {
  private readonly check: SpfCheck
  private readonly lookups: Lookups
  private readonly localPart: string
  private readonly senderDomain: string

  constructor(check: SpfCheck, lookups: Lookups) {
    this.check = check
    this.lookups = lookups
    const at = check.sender.lastIndexOf('@')
    const local = at === -1 ? '' : check.sender.slice(0, at)
    this.localPart = local === '' ? 'postmaster' : local
    this.senderDomain = asALabels(check.sender.slice(at + 1))
  }

  /** SPF-088: a term with `%{s}` or `%{l}` matches nothing where the local-part is not ASCII. */
  restsOnForeignLocalPart(spec: MacroString): boolean {
    return /[^ -~]/.test(this.localPart) && (usesLetter(spec, 's') || usesLetter(spec, 'l'))
  }

  /** The domain name that a domain-spec comes to; null where that is none, or rests on a local-part that is not ASCII. */
  async name(spec: MacroString, domain: string): Promise<string | null> {
    if (this.restsOnForeignLocalPart(spec)) return null
    // Most names hold no macro: nothing to find out about the sender.
    const text = spec.every(part => typeof part === 'string')
      ? spec.join('')
      : expandMacrosEnd(spec, await this.values(spec, domain))
    const name = shortened(text)
    return isLegalName(name) ? name : null
  }

  /** Up to `length` characters of what a macro-string comes to, or a little more. */
  async text(spec: MacroString, domain: string, length: number): Promise<string> {
    return expandMacros(spec, await this.values(spec, domain), length)
  }

  private async values(spec: MacroString, domain: string): Promise<MacroValues> {
    const { ip, helo, receiver, now } = this.check
    const readable = formatIpAddress(ip)
    return {
      s: `${this.localPart}@${this.senderDomain}`,
      l: this.localPart,
      o: this.senderDomain,
      d: domain,
      i: ip.family === 4 ? readable : nibblesOf(ip).join('.'),
      p: usesLetter(spec, 'p') ? await this.validatedName(domain) : 'unknown',
      v: ip.family === 4 ? 'in-addr' : 'ip6',
      h: helo,
      c: readable,
      r: receiver ?? 'unknown',
      t: String(now),
    }
  }

  /** SPF-085: the current domain, else a name below it, else any. */
  private async validatedName(domain: string): Promise<string> {
    const names = await this.lookups.validatedNames(this.check.ip, { domain, term: '%{p}' })
    return (
      names.find(name => isSameName(name, domain)) ??
      names.find(name => isAtOrBelow(name, domain)) ??
      names[0] ??
      'unknown'
    )
  }
}
