import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import {
  type Canonicalization,
  DkimSigner,
  type RawField,
  rawFieldsOf,
  readAuthor,
  readHeaderBlock,
} from '@letterlock/protocols'
import { secretFileFault } from '../config/secret-file.ts'
import type { CommandContext } from './command.ts'
import { readKeyFile, rsaBits, rsaBitsAdvised } from './dkim-key-file.ts'
import { domainFlag, needed, selectorFlag } from './dkim-names.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { parseDuration } from './flags.ts'
import { printable } from './printable.ts'

/** Octets of a message that is signed: it is held, since the signature goes before what it is made of. */
export const signedMessageLimit = 268_435_456

/** Signs one message: the same message with a DKIM-Signature field on top goes to stdout. */
export async function signMessage(context: CommandContext, path: string): Promise<ExitCode> {
  if (context.format === 'json') throw usageError('sign writes a message, not JSON')
  const domain = needed(domainFlag(context), 'domain')
  const selector = needed(selectorFlag(context), 'selector')
  const keyFile = needed(context.flags.text('key'), 'key')
  const key = await readKeyFile(keyFile, false)
  const fault = secretFileFault(keyFile)
  if (fault !== null) context.messages.warn(printable(fault))
  const bits = rsaBits(key)
  if (bits !== null && bits < rsaBitsAdvised)
    context.messages.warn(`the RSA key has ${bits} bits; ${rsaBitsAdvised} are advised (RFC 8301 s3.2)`)
  const { header, body } = canonicalizationFlag(context)
  const fields = headersFlag(context)
  const lifetime = lifetimeFlag(context)
  const { octets, isBare } = travelling(await readMessage(path, context.signal))
  if (octets.subarray(0, 5).toString('latin1') === 'From ')
    throw usageError('this is an mbox: sign its messages one by one')
  const block = readHeaderBlock(octets)
  const raw = rawFieldsOf(octets, block)
  checkMessage(raw, block.fields.length, block.isCut)
  const signer = new DkimSigner(raw, {
    domain,
    selector,
    key,
    now: Math.floor(Date.now() / 1000),
    headerCanonicalization: header,
    bodyCanonicalization: body,
    ...(lifetime === undefined ? {} : { lifetime }),
    ...(fields === undefined ? {} : { fields }),
  })
  signer.body(octets.subarray(block.bodyAt))
  const signature = Buffer.from(`${signer.end()}\r\n`, 'latin1')
  const signed = Buffer.concat([signature, octets])
  await context.output.bytes(
    isBare ? Buffer.from(signed.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') : signed,
  )
  return exitCodes.ok
}

async function readMessage(path: string, signal: AbortSignal): Promise<Buffer> {
  if (path !== '-')
    return await readFile(path).catch((error: Error) => {
      throw new CommandError(exitCodes.failed, `${printable(path)} cannot be read: ${error.message}`)
    })
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) {
      size += chunk.length
      if (size > signedMessageLimit) throw usageError(`a message to be signed has at most ${signedMessageLimit} octets`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (signal.aborted) throw new CommandError(exitCodes.interrupted, 'interrupted before the message was there')
    throw error
  }
  return Buffer.concat(chunks)
}

/**
 * The form that travels, with CRLF (RFC 6376 s5.3, DKIM-058). A message stored with bare line feeds is given back in
 * that form: what hands it over makes the same CRLF of them.
 */
function travelling(message: Buffer): { readonly octets: Buffer; readonly isBare: boolean } {
  if (message.length > signedMessageLimit)
    throw usageError(`a message to be signed has at most ${signedMessageLimit} octets`)
  const first = message.indexOf(0x0a)
  const isBare = first !== -1 && message[first - 1] !== 0x0d && !message.includes('\r')
  const octets = Buffer.from(message.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n'), 'latin1')
  return { octets, isBare }
}

/** RFC 6376 s3.8: what is no valid message is not signed. */
function checkMessage(fields: readonly RawField[], count: number, isCut: boolean): void {
  if (count === 0) throw usageError('this is no message: it does not begin with a header field')
  if (isCut) throw usageError('the header is longer than is read, so a signature could leave fields out')
  const author = readAuthor(fields)
  if (author.kind === 'malformed') throw usageError(`the message is not signed: ${printable(author.text)}`)
}

function canonicalizationFlag({ flags }: CommandContext): { header: Canonicalization; body: Canonicalization } {
  const text = flags.text('canonicalization') ?? 'relaxed/relaxed'
  const [header, body, ...more] = text.split('/')
  const known = (form: string | undefined): form is Canonicalization => form === 'simple' || form === 'relaxed'
  if (!known(header) || !known(body) || more.length > 0)
    throw usageError(`--canonicalization ${printable(text)} is not known`, 'such as relaxed/relaxed or simple/relaxed')
  return { header, body }
}

function headersFlag({ flags }: CommandContext): readonly string[] | undefined {
  const text = flags.text('headers')
  if (text === undefined) return undefined
  const names = text.split(':').map(name => name.trim().toLowerCase())
  if (names.some(name => !/^[!-9;-~]+$/.test(name)))
    throw usageError(`--headers ${printable(text)} holds an empty or broken name`)
  // RFC 6376 s5.4: From must be signed.
  if (!names.includes('from')) throw usageError('--headers has to hold From')
  if (names.includes('dkim-signature'))
    throw usageError('a signature does not cover DKIM-Signature fields here (RFC 6376 s5.4)')
  return [...new Set(names)]
}

/** Seconds, null for a signature that never expires, undefined for the default. */
function lifetimeFlag({ flags }: CommandContext): number | null | undefined {
  const text = flags.text('expires')
  if (text === undefined) return undefined
  if (text === 'never') return null
  const milliseconds = parseDuration(text)
  // RFC 6376 s3.5: x= is greater than t=.
  if (milliseconds === null || milliseconds < 1000)
    throw usageError(`--expires ${printable(text)} is no duration`, 'such as 14d, or never')
  return Math.floor(milliseconds / 1000)
}
