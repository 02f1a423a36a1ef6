import type { XmlScanner } from '../xml/scanner.ts'
import { element } from './elements.ts'
import { noIpv4, readIpv4 } from './ipv4-places.ts'
import type { ReportDraft } from './report-draft.ts'

/** Digits of a count that is read at once: sums of so few need no care. */
const quickDigits = 9

/** Source and count as they nearly always are: an IPv4 address, or a few digits. False where it is something else. */
export function quickLeaf(
  report: ReportDraft,
  scanner: XmlScanner,
  found: number,
  at: { readonly from: number; readonly to: number },
): boolean {
  const { record, values } = report
  const { from, to } = at
  if (found === element.sourceIp && record.isSourceOpen) {
    const address = readIpv4(scanner.buffer, from, to)
    if (address === noIpv4) return false
    const known = values.ipv4(address)
    record.putSource(known === -1 ? values.addIpv4(address, scanner.value(from, to)) : known)
    return true
  }
  if (found !== element.count || !record.isCountOpen || to === from || to - from > quickDigits) return false
  let count = 0
  for (let place = from; place < to; place += 1) {
    const digit = scanner.buffer.charCodeAt(place) - 0x30
    if (digit < 0 || digit > 9) return false
    count = count * 10 + digit
  }
  record.putCount(count)
  return true
}
