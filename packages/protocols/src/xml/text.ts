const special = /[&\r\0-\x08\x0b\x0c\x0e-\x1f]/
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f]/g
const reference = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(\w[\w.-]{0,63}));|&/g

const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** What was met while references were replaced. */
export interface TextFindings {
  /** Control characters were taken out (report-tolerance 13). */
  hasControls: boolean
  /** An ampersand stood for itself (report-tolerance 14). */
  hasRawAmpersand: boolean
  /** First named reference that only a document type declaration could define. */
  entity: string | null
}

/**
 * Replaces the five predefined and the numeric character references (XML 1.0 s4.1, s4.6), takes out control
 * characters, and makes every line end a line feed (XML 1.0 s2.11). Anything else that begins with `&` is text.
 */
export function replaceReferences(raw: string, findings: TextFindings): string {
  if (!special.test(raw)) return raw
  // Line ends first: a reference to a carriage return stays one.
  const lines = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
  const text = lines.includes('&') ? lines.replace(reference, (...found) => replaceOne(found, findings)) : lines
  return takeOutControls(text, findings)
}

/** The same for the content of a CDATA section, where `&` is text (XML 1.0 s2.7). */
export function plainText(raw: string, findings: TextFindings): string {
  if (!special.test(raw)) return raw
  return takeOutControls(raw.replace(/\r\n?/g, '\n'), findings)
}

function takeOutControls(text: string, findings: TextFindings): string {
  const without = text.replace(controls, '')
  if (without.length !== text.length) findings.hasControls = true
  return without
}

function replaceOne(found: readonly unknown[], findings: TextFindings): string {
  const [whole, decimal, hex, name] = found.map(part => (typeof part === 'string' ? part : ''))
  const raw = whole ?? ''
  if (name) {
    const character = Object.hasOwn(predefined, name) ? predefined[name] : undefined
    if (character !== undefined) return character
    findings.entity ??= name
    findings.hasRawAmpersand = true
    return raw
  }
  const code = decimal ? Number.parseInt(decimal, 10) : hex ? Number.parseInt(hex, 16) : -1
  if (code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) return String.fromCodePoint(code)
  findings.hasRawAmpersand = true
  return raw
}
