import { rawFieldsOf } from '../dkim/canonical-header.ts'
import { readHeaderBlock } from '../message/header.ts'
import {
  Authentication,
  type AuthenticationOptions,
  type AuthenticationReport,
  type Session,
} from './authentication.ts'

/** Octets of one message that `authenticate` takes; larger mail is fed in pieces to `Authentication`. */
export const messageOctetsLimit = 268_435_456

/**
 * Authenticates a whole message. A file whose header lines end with bare line feeds is taken for a message stored in
 * that form, and brought into the form that travels.
 */
export async function authenticate(
  message: Uint8Array,
  session: Session,
  options: AuthenticationOptions,
): Promise<AuthenticationReport> {
  const bytes = asTravelled(message.subarray(0, messageOctetsLimit))
  const block = readHeaderBlock(bytes)
  const known = block.isCut ? { ...options, isHeaderCut: true } : options
  const run = new Authentication(rawFieldsOf(bytes, block), session, known)
  run.body(bytes.subarray(block.bodyAt))
  return run.end()
}

function asTravelled(message: Uint8Array): Uint8Array {
  const first = message.indexOf(0x0a)
  if (first === -1 || message[first - 1] === 0x0d) return message
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
  return Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}
