import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { domainToASCII } from 'node:url'
import { type Decision, decisions, parseSenderKey, type SenderKey, senderLabel } from '@letterlock/posture'
import { decide, decisionHistory } from '../senders/decisions.ts'
import { listSenders } from '../senders/list-senders.ts'
import { loadedCatalogue, storeSenderMap } from '../senders/map-store.ts'
import { mapBytesLimit, readSenderMap } from '../senders/sender-map.ts'
import { openStore } from '../store/open-store.ts'
import { onlyTenant, type Store } from '../store/store.ts'
import type { Command, CommandContext } from './command.ts'
import { confirm, yesFlag } from './confirm.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { storePlace } from './open-store.ts'
import { printable } from './printable.ts'

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
    if (action === 'list' && rest.length === 0) return await withStore(context, store => list(context, store))
    if (action === 'import' && rest.length === 1) return await importMap(context, rest[0] ?? '')
    if (action === 'decide' && (rest.length === 2 || rest.length === 3)) {
      const question = decisionQuestion(rest)
      return await withStore(context, store => decideOrShow(context, store, question))
    }
    throw usageError('what shall be done?', 'letterlock senders list')
  },
}

async function withStore(context: CommandContext, work: (store: Store) => Promise<ExitCode>): Promise<ExitCode> {
  const opened = await openStore(storePlace(await context.configuration()))
  if (opened.state === 'failed') throw new CommandError(exitCodes.failed, opened.text)
  if (opened.state === 'held') {
    const next = 'stop it first, or use its Senders screen'
    throw new CommandError(exitCodes.failed, 'an instance is running on this data', next)
  }
  try {
    return await work(opened.store)
  } finally {
    await opened.store.close()
  }
}

async function list(context: CommandContext, store: Store): Promise<ExitCode> {
  const daysText = context.flags.text('days') ?? String(defaultDays)
  const days = /^\d{1,4}$/.test(daysText) ? Number(daysText) : 0
  if (days < 1 || days > daysLimit) throw usageError(`--days is a number from 1 to ${daysLimit}`)
  const domainText = context.flags.text('domain')
  const domain = domainText === undefined ? null : asciiDomain(domainText)
  const today = Math.floor(Date.now() / 86_400_000)
  const senders = await listSenders(store.read, { domain, firstDay: today - days + 1 })
  const catalogue = await loadedCatalogue(store.read)
  const rows = senders.map(sender => {
    const key = parseSenderKey(sender.key)
    const label = key === null ? null : senderLabel(key, catalogue)
    return { ...sender, name: label === null || label.from === 'key' ? null : label.name }
  })
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

async function decideOrShow(context: CommandContext, store: Store, question: DecisionQuestion): Promise<ExitCode> {
  const { domain, sender, decision } = question
  const label = senderLabel(sender, await loadedCatalogue(store.read)).name
  const history = await decisionHistory(store.read, domain, sender)
  const before = history[0]?.decision ?? 'undecided'
  if (decision === null) return await showHistory(context, question, history)
  context.messages.info(
    `${domain}: ${printable(label)} (${printable(sender)}) is ${before} now; it will be ${decision}.`,
  )
  if (!(await confirm(context, 'Go on?'))) return exitCodes.no
  const note = context.flags.text('note') ?? null
  const result = await decide(store.write, { domain, sender, decision, note, now: Math.floor(Date.now() / 1000) })
  if (result.kind === 'not proven') throw usageError(`${sender} cannot be anybody's own: strangers are in it too`)
  if (context.format === 'json')
    await context.output.json({ schema: 'letterlock.senders-decide/1', domain, sender, result: result.kind, decision })
  if (result.kind === 'set' || result.kind === 'unchanged') return exitCodes.ok
  context.messages.error(`${result.kind}: no report named it; see letterlock senders list`)
  return exitCodes.no
}

async function showHistory(
  context: CommandContext,
  { domain, sender }: DecisionQuestion,
  history: Awaited<ReturnType<typeof decisionHistory>>,
): Promise<ExitCode> {
  if (context.format === 'json') {
    const entries = history.map(entry => ({ ...entry, decidedAt: moment(entry.decidedAt) }))
    await context.output.json({ schema: 'letterlock.senders-history/1', domain, sender, decisions: entries })
    return exitCodes.ok
  }
  if (history.length === 0) context.messages.info('Nothing was decided yet.')
  for (const { decidedAt, decision, note } of history)
    await context.output.line(`${moment(decidedAt)}  ${decision.padEnd(10)}  ${printable(note ?? '')}`.trimEnd())
  return exitCodes.ok
}

function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}

async function importMap(context: CommandContext, path: string): Promise<ExitCode> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) throw usageError(`${printable(path)} is no file`)
  if (found.size > mapBytesLimit) throw usageError(`${printable(path)} is larger than ${mapBytesLimit} bytes`)
  const day = new Date().toISOString().slice(0, 10)
  const map = readSenderMap(await readFile(path, 'utf8'), basename(path), day)
  if (!map.ok) throw usageError(`${printable(path)}: ${printable(map.text)}`)
  const { entries, services, skipped, skippedCount } = map.value
  for (const reason of skipped) context.messages.detail(printable(reason))
  context.messages.info(
    `${entries.length} names and ${services.length} services; ${skippedCount} left out (-v says which).`,
  )
  return await withStore(context, async store => {
    const { names } = await store.read
      .selectFrom('sender_name')
      .where('tenant', '=', onlyTenant)
      .select(eb => eb.fn.countAll<number>().as('names'))
      .executeTakeFirstOrThrow()
    context.messages.info(
      `They take the place of ${Number(names)} names loaded before. Decisions stay with their keys.`,
    )
    if (!(await confirm(context, 'Go on?'))) return exitCodes.no
    const change = await storeSenderMap(store, map.value)
    if (context.format === 'json') {
      const counts = {
        names: entries.length,
        services: services.length,
        leftOut: skippedCount,
        rowsRenamed: change.rows,
      }
      await context.output.json({ schema: 'letterlock.senders-import/1', ...counts })
    } else await context.output.line(`loaded; ${change.rows} rows have another sender now`)
    return exitCodes.ok
  })
}
