import { constants, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeliveryInput } from './read-delivery.ts'

/**
 * Puts a copy of what could not be read into a folder. The name is the hash of the bytes and nothing of what the input
 * was called: names from outside never become paths. What is there already stays.
 */
export function keepQuarantineCopy(folder: string, input: DeliveryInput, hash: Uint8Array): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const target = join(folder, Buffer.from(hash).toString('hex'))
  try {
    if (input.kind === 'bytes') writeFileSync(target, input.bytes, { flag: 'wx', mode: 0o600 })
    else if (input.path !== null) copyFileSync(input.path, target, constants.COPYFILE_EXCL)
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!isThere) throw error
  }
}
