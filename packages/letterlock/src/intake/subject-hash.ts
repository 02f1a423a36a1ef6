import { createHmac, randomBytes } from 'node:crypto'
import { onlyTenant, type Store } from '../store/store.ts'

const keySetting = 'subjectHashKey'
/** RFC 2104 s3: as long as the output of the hash. */
const keyBytes = 32
/** 128 bits: subjects are told apart, not proven. */
const hashDigits = 32

/**
 * The key by which subjects of failure reports are hashed, in hexadecimal digits. It is random, made once, and stays in
 * the store: the same subject has the same hash, and nobody without the store can try subjects out (RFC 6590 s3).
 */
export async function subjectHashKey(store: Pick<Store, 'read' | 'write'>): Promise<string> {
  const kept = await readKey(store.read)
  if (kept !== null) return kept
  const value = JSON.stringify(randomBytes(keyBytes).toString('hex'))
  await store.write
    .insertInto('setting')
    .values({ tenant: onlyTenant, key: keySetting, value })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  const made = await readKey(store.write)
  if (made === null) throw new Error('the key for hashes of subjects could not be kept')
  return made
}

async function readKey(db: Store['read']): Promise<string | null> {
  const row = await db
    .selectFrom('setting')
    .select('value')
    .where('tenant', '=', onlyTenant)
    .where('key', '=', keySetting)
    .executeTakeFirst()
  // Written here alone.
  return row === undefined ? null : (JSON.parse(row.value) as string)
}

/** HMAC-SHA-256 of subjects with that key, its first 32 hexadecimal digits. */
export function subjectHasher(key: string): (subject: string) => string {
  const bytes = Buffer.from(key, 'hex')
  return subject => createHmac('sha256', bytes).update(subject).digest('hex').slice(0, hashDigits)
}
