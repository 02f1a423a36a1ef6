import { readFileSync, statSync } from 'node:fs'

/** Bytes of a secret file that are read at most: longer ones are something else than a password. */
export const secretFileLimit = 65_536

export type SecretResult = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly text: string }

/**
 * Reads a secret from a file that only its owner may read (mode 0600 or stricter). One line end at the end does not
 * belong to the secret.
 */
export function readSecretFile(path: string): SecretResult {
  const fault = secretFileFault(path)
  if (fault !== null) return { ok: false, text: fault }
  const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  return text === '' ? { ok: false, text: `${path} is empty` } : { ok: true, value: text }
}

/** What keeps a file from being taken as a secret, or null. */
export function secretFileFault(path: string): string | null {
  const state = statSync(path, { throwIfNoEntry: false })
  if (state === undefined) return `there is no file ${path}`
  if (!state.isFile()) return `${path} is no file`
  if (state.size > secretFileLimit) return `${path} is longer than a secret can be`
  // Windows has no such modes; access there is ruled by ACLs that the mode does not show.
  if (process.platform !== 'win32' && (state.mode & 0o077) !== 0) {
    const mode = (state.mode & 0o777).toString(8).padStart(4, '0')
    return `${path} can be read by others (mode ${mode}): chmod 600 ${path}`
  }
  return null
}
