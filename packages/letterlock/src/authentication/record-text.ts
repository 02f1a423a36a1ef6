import { type ResourceRecord, txtText } from '@letterlock/protocols'

/** The data of a record as a person writes it; TXT as one text without its quotes. */
export function recordData(record: ResourceRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.address
    case 'TXT':
      return txtText(record)
    case 'MX':
      return `${record.preference} ${record.exchange === '' ? '.' : record.exchange}`
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return record.target
    case 'SOA':
      return `${record.primary} ${record.mailbox} ${record.serial}`
    default:
      // Nothing here asks for other types.
      return record.type
  }
}
