import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { domainToASCII } from 'node:url'
import { senderMapBytesLimit } from '@letterlock/contract'
import { type Decision, decisions, parseSenderKey, type SenderKey } from '@letterlock/posture'
import { noteLimit } from '../senders/decisions.ts'
import { readSenderMap } from '../senders/sender-map.ts'
import { mapLookSeconds } from '../server/names-in-force.ts'
import type { Command, CommandContext } from './command.ts'
import { confirm, yesFlag } from './confirm.ts'
import { type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { printable } from './printable.ts'
import { type DecisionLine, openSenders, type SendersAccess } from './senders-access.ts'

/** Days that `senders list` looks at where no other number is given. */
const defaultDays = 30
const daysLimit = 3650

/** `letterlock senders`: who sends, what a person says of them, and names from a map. */
export const command: Command = {
  name: 'senders',
  summary: 'list senders, decide whose they are, load a map of names',
  usage: [
    'senders list [--domain DOMAIN] [--days N]',
    'senders decide DOMAIN SENDER mine|forwarding|not-mine|undecided [--note TEXT]',
    'senders decide DOMAIN SENDER',
    'senders import FILE',
  ],
  description: [
    'SENDER is a key as the list shows it, such as service:mailchimp or ptr:example.net. Without a decision, decide shows',
    'what was decided and when. A decision holds for one domain and stays with the key.',
    'import loads names for domains: CSV with the columns base_reverse_dns, name, type, or the own form in JSON or YAML.',
    'It takes the place of a map that was loaded before; the built-in services stay as they are and come first.',
  ],
  formats: ['text', 'json'],
  flags: {
    domain: { type: 'string', value: 'DOMAIN', text: 'list: only senders of this domain' },
    days: { type: 'string', value: 'N', text: `list: mail of so many days (default ${defaultDays})` },
    note: { type: 'string', value: 'TEXT', text: 'decide: why; it is kept with the decision' },
    yes: yesFlag,
  },
  exitCodes: { 0: 'done', 2: 'nothing was changed: answered with no, or the domain or sender is not known' },
  async run(context) {
    const [action, ...rest] = context.arguments
    if (action === 'list' && rest.length === 0) return await withSenders(context, senders => list(context, senders))
    if (action === 'import' && rest.length === 1) return await importMap(context, rest[0] ?? '')
    if (action === 'decide' && (rest.length === 2 || rest.length === 3)) {
      const question = decisionQuestion(rest)
      return await withSenders(context, senders => decideOrShow(context, senders, question))
    }
    throw usageError('what shall be done?', 'letterlock senders list')
  },
}

async function withSenders(
  context: CommandContext,
  work: (senders: SendersAccess) => Promise<ExitCode>,
): Promise<ExitCode> {
  const senders = await openSenders(context)
  try {
    return await work(senders)
  } finally {
    await senders.close()
  }
}

async function list(context: CommandContext, senders: SendersAccess): Promise<ExitCode> {
  const daysText = context.flags.text('days') ?? String(defaultDays)
  const days = /^\d{1,4}$/.test(daysText) ? Number(daysText) : 0
  if (days < 1 || days > daysLimit) throw usageError(`--days is a number from 1 to ${daysLimit}`)
  const domainText = context.flags.text('domain')
  const domain = domainText === undefined ? null : asciiDomain(domainText)
  const today = Math.floor(Date.now() / 86_400_000)
  // Periods of reporters east of Greenwich may lie a day ahead; what is later is a fault of a clock.
  const rows = await senders.list({ domain, firstDay: today - days + 1, lastDay: today + 1 })
  if (context.format === 'json') {
    await context.output.json({ schema: 'letterlock.senders-list/1', days, senders: rows })
    return exitCodes.ok
  }
  if (rows.length === 0) context.messages.info(`No mail was reported in the last ${days} days.`)
  for (const row of rows)
    await context.output.line(
      [
        String(row.messages).padStart(12),
        `${share(row.aligned, row.messages).padStart(6)} aligned`,
        row.decision.padEnd(10),
        printable(row.domain),
        printable(row.key),
        printable(row.name ?? ''),
      ]
        .join('  ')
        .trimEnd(),
    )
  return exitCodes.ok
}

/** In per cent, rounded down, so that not quite all is never 100 %. */
function share(part: number, all: number): string {
  return all === 0 ? '-' : `${Math.floor((part / all) * 1000) / 10} %`
}

interface DecisionQuestion {
  readonly domain: string
  readonly sender: SenderKey
  /** Null asks what is decided. */
  readonly decision: Decision | null
}

function decisionQuestion([domainText = '', senderText = '', word]: readonly string[]): DecisionQuestion {
  const sender = parseSenderKey(senderText)
  if (sender === null)
    throw usageError(
      `${printable(senderText)} is no sender`,
      'keys look like service:mailchimp; see: letterlock senders list',
    )
  const decision = word === undefined ? null : decisions.find(one => one === word)
  if (decision === undefined) throw usageError(`a decision is one of ${decisions.join(', ')}`)
  return { domain: asciiDomain(domainText), sender, decision }
}

function asciiDomain(text: string): string {
  const domain = domainToASCII(text.replace(/\.$/, ''))
  if (domain === '') throw usageError(`${printable(text)} is no domain`)
  return domain
}

async function decideOrShow(
  context: CommandContext,
  senders: SendersAccess,
  question: DecisionQuestion,
): Promise<ExitCode> {
  const { domain, sender, decision } = question
  const note = context.flags.text('note') ?? null
  if (note !== null && note.length > noteLimit) throw usageError(`--note has at most ${noteLimit} characters`)
  const { name, history } = await senders.about(domain, sender)
  if (decision === null) return await showHistory(context, question, history)
  const before = history[0]?.decision ?? 'undecided'
  context.messages.info(
    `${domain}: ${printable(name)} (${printable(sender)}) is ${before} now; it will be ${decision}.`,
  )
  if (!(await confirm(context, 'Go on?'))) return exitCodes.no
  const result = await senders.decide({ domain, sender, decision, note }, before)
  if (result === 'not proven') throw usageError(`${sender} cannot be anybody's own: strangers are in it too`)
  if (context.format === 'json')
    await context.output.json({ schema: 'letterlock.senders-decide/1', domain, sender, result, decision })
  if (result === 'set' || result === 'unchanged') return exitCodes.ok
  context.messages.error(`${result}: no report named it; see letterlock senders list`)
  return exitCodes.no
}

async function showHistory(
  context: CommandContext,
  { domain, sender }: DecisionQuestion,
  history: readonly DecisionLine[],
): Promise<ExitCode> {
  if (context.format === 'json') {
    await context.output.json({ schema: 'letterlock.senders-history/1', domain, sender, decisions: history })
    return exitCodes.ok
  }
  if (history.length === 0) context.messages.info('Nothing was decided yet.')
  for (const { decidedAt, decision, note } of history)
    await context.output.line(`${decidedAt}  ${decision.padEnd(10)}  ${printable(note ?? '')}`.trimEnd())
  return exitCodes.ok
}

async function importMap(context: CommandContext, path: string): Promise<ExitCode> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) throw usageError(`${printable(path)} is no file`)
  if (found.size > senderMapBytesLimit)
    throw usageError(`${printable(path)} is larger than ${senderMapBytesLimit} bytes`)
  const day = new Date().toISOString().slice(0, 10)
  const content = await readFile(path, 'utf8')
  const map = readSenderMap(content, basename(path), day)
  if (!map.ok) throw usageError(`${printable(path)}: ${printable(map.text)}`)
  const { entries, services, skipped, skippedCount } = map.value
  for (const reason of skipped) context.messages.detail(printable(reason))
  context.messages.info(
    `${entries.length} names and ${services.length} services; ${skippedCount} left out (-v says which).`,
  )
  return await withSenders(context, async senders => {
    const before = await senders.map()
    context.messages.info(
      `They take the place of ${before.names} names and ${before.services} services loaded before. Decisions stay with their keys.`,
    )
    if (!(await confirm(context, 'Go on?'))) return exitCodes.no
    const { rowsRenamed } = await senders.loadMap({ name: basename(path), content, map: map.value })
    if (context.format === 'json') {
      const counts = { names: entries.length, services: services.length, leftOut: skippedCount, rowsRenamed }
      await context.output.json({ schema: 'letterlock.senders-import/1', ...counts })
    } else if (rowsRenamed === null) await context.output.line('loaded; the running instance names rows anew')
    else await context.output.line(`loaded; ${rowsRenamed} rows have another sender now`)
    if (senders.isShared)
      context.messages.info(`Instances that run on this database take the names within ${mapLookSeconds} seconds.`)
    return exitCodes.ok
  })
}
