import type { Fault } from '../fault.ts'

/** URIs read of one tag; a reporter sends to a few at most, so a longer list is a way to make it work for nothing. */
export const reportUrisLimit = 50

/** A destination of reports. */
export interface ReportUri {
  /** As written, without the obsolete size suffix. */
  readonly text: string
  readonly scheme: string
  /** Of `mailto:`: the one address; null for other schemes. */
  readonly address: string | null
  /** Host whose authorisation counts: the domain of the address (RFC 9990 s4); null where there is none. */
  readonly host: string | null
}

const sizeSuffix = /![0-9]+[kmgt]?$/i

/** Reads a list of URIs (RFC 9989 s4.8). Bad ones are told and left out, the good ones stay (DMARC-018). */
export function parseReportUris(list: string): { readonly good: readonly ReportUri[]; readonly bad: readonly Fault[] } {
  const good: ReportUri[] = []
  const bad: Fault[] = []
  let at = 0
  for (const [index, element] of list.split(',').entries()) {
    const text = element.trim().replace(sizeSuffix, '')
    const from = at
    at += element.length + 1
    if (index === reportUrisLimit) {
      bad.push({ code: 'dmarc-uri-limit', at: from, text: `more than ${reportUrisLimit} URIs` })
      break
    }
    const uri = parseReportUri(text)
    if (uri === null)
      bad.push({ code: 'dmarc-uri-syntax', at: from, text: `"${element.trim()}" is no URI for reports` })
    else good.push(uri)
  }
  return { good, bad }
}

function parseReportUri(text: string): ReportUri | null {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase()
  // DMARC-012: an exclamation mark in a URI is percent-encoded.
  if (scheme === undefined || /[ !\t"<>\\^`{|}]/.test(text)) return null
  if (scheme !== 'mailto') return { text, scheme, address: null, host: null }
  const encoded = text.slice('mailto:'.length).split('?', 1)[0] ?? ''
  const address = percentDecode(encoded)
  if (address === null) return null
  const match =
    /^([^@\s\u0000-\u001f\u007f-\uffff]{1,64})@([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+)$/.exec(
      address,
    )
  const host = match?.[2]?.toLowerCase()
  return host === undefined || host.length > 253 ? null : { text, scheme, address, host }
}

function percentDecode(text: string): string | null {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return null
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
