import { createRequire } from 'node:module'
import { type Outcome, type Resolver, type ResourceRecord, recordTypes, txtText } from '@letterlock/protocols'

/** Asks our resolver in the words of `dns.promises.resolve`, which is what mailauth takes. */
export function resolverForMailauth(resolver: Resolver): (name: string, type: string) => Promise<never> {
  return async (name, type) => {
    const wanted = Object.keys(recordTypes).find(known => known === type)
    if (!isRecordType(wanted)) throw new TypeError(`${type} is not asked for`)
    const { outcome } = await resolver.query({ name, type: wanted })
    if (outcome.kind !== 'records') throw Object.assign(new Error(`${type} of ${name}`), { code: codeOf(outcome) })
    // The declared type of an answer knows texts only; MX answers are objects in truth.
    return outcome.records.map(dataOf) as never
  }
}

function isRecordType(type: string | undefined): type is keyof typeof recordTypes {
  return type !== undefined && Object.hasOwn(recordTypes, type)
}

function codeOf(outcome: Exclude<Outcome, { kind: 'records' }>): string {
  switch (outcome.kind) {
    case 'nxdomain':
      return 'ENOTFOUND'
    case 'nodata':
      return 'ENODATA'
    case 'temporary':
      return outcome.cause === 'timeout' ? 'ETIMEOUT' : 'ESERVFAIL'
    case 'bogus':
      return 'ESERVFAIL'
  }
}

function dataOf(record: ResourceRecord): unknown {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.address
    case 'TXT':
      return [txtText(record)]
    case 'MX':
      return { priority: record.preference, exchange: record.exchange }
    case 'PTR':
      return record.target
    default:
      throw new TypeError(`${record.type} is not asked for`)
  }
}

/** The version that is installed, or why it cannot be loaded. */
export function mailauthPackage(): { readonly versions: string } | { readonly missing: string } {
  const require = createRequire(import.meta.url)
  try {
    require('mailauth/lib/spf')
    const { version } = require('mailauth/package.json')
    return { versions: `mailauth ${version}` }
  } catch (error) {
    return { missing: `mailauth cannot be loaded: ${error instanceof Error ? error.message : String(error)}` }
  }
}
