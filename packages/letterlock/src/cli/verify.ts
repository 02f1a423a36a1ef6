import type { DnsSource } from '../authentication/dns-source.ts'
import { explainMessage } from '../authentication/explain-message.ts'
import type { GivenSession } from '../authentication/session.ts'
import type { Command, CommandContext } from './command.ts'
import { dnsFlags, dnsOfFlags } from './dns-flags.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { printable } from './printable.ts'
import { sessionFlags, sessionOfFlags } from './session-flags.ts'
import { messagesOf, openInput } from './verify-input.ts'
import { VerifyReport } from './verify-report.ts'

/** `letterlock verify`: who really sent a message, explained. */
export const command: Command = {
  name: 'verify',
  summary: 'explain SPF, DKIM, ARC and DMARC of a message: who really sent it?',
  usage: [
    'verify MESSAGE… --ip ADDRESS --helo NAME --mail-from ADDRESS',
    'verify MESSAGE… --from-headers',
    'verify - --zone FILE < MESSAGE',
  ],
  description: [
    'Says in plain words who a message claims to be from, who handed it over and which checks passed.',
    'Then what DMARC makes of it for receivers of RFC 9989 and of RFC 7489, and what to do next.',
    'MESSAGE is a mail file or an mbox; - is stdin.',
    'A message does not prove who handed it over: without --ip and --mail-from SPF is not tested, and the text says so.',
    '--from-headers takes what is not given from Received and Return-Path. Trust only fields of your own servers.',
    'Nothing is kept. Only DNS questions leave this machine; with --zone alone not even these.',
  ],
  formats: ['text', 'json', 'ndjson'],
  flags: {
    ...sessionFlags,
    'from-headers': { type: 'boolean', text: 'take what is not given from the Received and Return-Path fields' },
    at: { type: 'string', value: 'TIME', text: 'when it came, such as 2026-11-24T10:00:00Z; default now' },
    ...dnsFlags,
  },
  exitCodes: {
    0: 'every message passes DMARC',
    1: 'a file could not be read',
    2: 'a message does not pass: it fails, it is malformed, or no DMARC record stands behind it',
    3: 'bad usage, or something is no message',
    5: 'nothing failed, and a message could not be judged: DNS did not answer, or SPF was needed and not tested',
  },
  async run(context) {
    if (context.arguments.length === 0)
      throw usageError('which message?', 'letterlock verify message.eml --ip 192.0.2.1 --mail-from bounce@example.org')
    const given = givenSession(context)
    const dns = await dnsOfFlags(context)
    try {
      return await verifyAll(context, given, dns)
    } finally {
      await dns.close()
    }
  },
}

async function verifyAll(context: CommandContext, given: GivenSession, dns: DnsSource): Promise<ExitCode> {
  const report = new VerifyReport(context)
  await report.begin()
  for (const path of context.arguments) {
    if (context.output.isClosed || context.signal.aborted) break
    const name = path === '-' ? 'stdin' : path
    try {
      const input = await openInput(path, context.signal)
      if (input === null) {
        await report.problem(
          { name, number: null, at: null, text: 'it is a folder; name the files in it' },
          exitCodes.usage,
        )
        continue
      }
      const options = {
        given,
        usesHeaders: context.flags.has('from-headers'),
        resolver: dns.resolver,
        now: Math.floor(Date.now() / 1000),
        signal: context.signal,
      }
      for await (const found of messagesOf(input, name, options)) {
        if (found.ok) await report.take(explainMessage(found.message, dns))
        else {
          const { code, at, text } = found.fault
          const exit = code === 'no-message' ? exitCodes.usage : exitCodes.undetermined
          await report.problem({ name, number: found.number, at, text }, exit)
        }
        if (context.output.isClosed || context.signal.aborted) break
      }
    } catch (error) {
      if (error instanceof CommandError) throw error
      if (context.signal.aborted) break
      const text = `it cannot be read: ${error instanceof Error ? error.message : String(error)}`
      await report.problem({ name, number: null, at: null, text }, exitCodes.failed)
    }
  }
  return await report.end()
}

function givenSession(context: CommandContext): GivenSession {
  const time = context.flags.text('at')
  const arrivedAt = time === undefined ? null : secondsOfTime(time)
  if (time !== undefined && arrivedAt === null)
    throw usageError(`--at ${printable(time)} is no time`, 'such as 2026-11-24T10:00:00Z')
  return { ...sessionOfFlags(context), arrivedAt }
}

/** RFC 3339, with its offset. */
function secondsOfTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return null
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) || milliseconds < 0 ? null : Math.floor(milliseconds / 1000)
}
