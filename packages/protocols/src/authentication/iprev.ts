import type { ResultItem } from '../authentication-results/parse.ts'
import type { Resolver } from '../dns/resolver.ts'
import { formatIpAddress, type IpAddress } from '../ip-address.ts'
import { hasAddress, isFailed, recordsOf } from '../spf/lookups.ts'
import { reverseName } from '../spf/names.ts'

/** Names of a reverse look-up that are tried (RFC 8601 s3, AR-060). */
export const iprevNamesLimit = 10

/** Whether the names of an address lead back to it (RFC 8601 s2.7.3, s3). */
export interface IprevFinding {
  /** `permerror`: it has no name. `temperror`: a look-up failed, and no other name leads back. */
  readonly result: 'pass' | 'fail' | 'temperror' | 'permerror'
  /** The first name that leads back; null unless it passes. */
  readonly name: string | null
}

/** Looks an address up in reverse and forward. Never rejects. */
export async function checkIprev(
  ip: IpAddress,
  { resolver, signal }: { readonly resolver: Resolver; readonly signal?: AbortSignal },
): Promise<IprevFinding> {
  const ask = (name: string, type: 'PTR' | 'A' | 'AAAA') =>
    resolver.query(signal === undefined ? { name, type } : { name, type, signal })
  const reverse = await ask(reverseName(ip), 'PTR')
  if (isFailed(reverse)) return { result: 'temperror', name: null }
  const names = recordsOf(reverse).flatMap(record => (record.type === 'PTR' ? [record.target] : []))
  if (names.length === 0) return { result: 'permerror', name: null }
  let hasFailed = false
  for (const name of names.slice(0, iprevNamesLimit)) {
    const forward = await ask(name, ip.family === 4 ? 'A' : 'AAAA')
    if (recordsOf(forward).some(record => hasAddress(record, ip, ip.family === 4 ? 32 : 128)))
      return { result: 'pass', name }
    if (isFailed(forward)) hasFailed = true
  }
  return { result: hasFailed ? 'temperror' : 'fail', name: null }
}

/** The item of Authentication-Results (RFC 8601 s2.7.3). */
export function iprevItem({ result }: IprevFinding, ip: IpAddress): ResultItem {
  const properties = [{ type: 'policy', name: 'iprev', value: formatIpAddress(ip) }]
  return { method: 'iprev', methodVersion: 1, result, reason: null, properties }
}
