import { KeyCache } from '../dkim/key-record.ts'
import { parseDmarcRecord } from '../dmarc/record.ts'
import { ParseCache } from '../parse-cache.ts'
import { parseSpfRecord } from '../spf/record.ts'

/**
 * What was read of published records, shared between messages. Keyed by the texts of the records alone: which name or
 * message a text came for plays no part, so nothing of one message reaches another.
 */
export class RecordCache {
  readonly keys: KeyCache = new KeyCache()
  readonly spf: ParseCache<ReturnType<typeof parseSpfRecord>> = new ParseCache(parseSpfRecord)
  readonly dmarc: ParseCache<ReturnType<typeof parseDmarcRecord>> = new ParseCache(parseDmarcRecord)
}
