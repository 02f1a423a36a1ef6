import type { Intake } from '../intake/intake.ts'
import { type ReparseResult, reparseReport } from '../intake/reparse.ts'
import type { ReportKind, Store } from '../store/store.ts'
import type { Command, CommandContext } from './command.ts'
import { confirm, yesFlag } from './confirm.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { openCommandIntake } from './open-store.ts'

const kinds = ['aggregate', 'tls', 'failure'] as const satisfies readonly ReportKind[]

/** Reports whose ids are read from the store at once. */
const reportsPerPage = 1000

/** `letterlock reparse`: read kept reports again, with the reader of this version. */
export const command: Command = {
  name: 'reparse',
  summary: 'read kept reports again, as after an upgrade',
  usage: ['reparse', 'reparse --kind aggregate --since 2026-11-01', 'reparse --report ID…'],
  description: [
    'Reports are read again from the bytes that were kept; rows and sums are rewritten. Says first how many reports it',
    'will rewrite. What cannot be read any more stays as it is.',
  ],
  formats: ['text', 'json'],
  flags: {
    report: { type: 'string', value: 'ID', multiple: true, text: 'only this report; may be given again' },
    kind: { type: 'string', value: 'KIND', text: 'only aggregate, tls or failure reports' },
    since: { type: 'string', value: 'DAY', text: 'only reports of this UTC day and later' },
    yes: yesFlag,
  },
  exitCodes: { 0: 'every report was read again', 2: 'some could not be: they stay as they are' },
  async run(context) {
    if (context.arguments.length > 0) throw usageError('reparse takes flags only', 'letterlock reparse --report ID')
    const selection = selectionOf(context)
    const configuration = await context.configuration()
    const result = await openCommandIntake(configuration)
    if (result.state === 'held') {
      const next = 'stop it first, or use "Parse again" on its Reports screen'
      throw new CommandError(exitCodes.failed, 'an instance is running on this data', next)
    }
    const { opened } = result
    try {
      return await reparse(context, opened.store, opened.intake, selection)
    } finally {
      await opened.close()
    }
  },
}

interface Selection {
  readonly reports: readonly number[]
  readonly kind: ReportKind | null
  /** Days since 1970. */
  readonly sinceDay: number | null
}

function selectionOf(context: CommandContext): Selection {
  const kindText = context.flags.text('kind')
  const kind = kinds.find(one => one === kindText) ?? null
  if (kindText !== undefined && kind === null) throw usageError(`--kind is one of ${kinds.join(', ')}`)
  const since = context.flags.text('since')
  const time = since === undefined ? null : Date.parse(`${since}T00:00:00Z`)
  if (time !== null && (Number.isNaN(time) || !/^\d{4}-\d{2}-\d{2}$/.test(since ?? ''))) {
    throw usageError('--since is a day such as 2026-11-01')
  }
  const reports = context.flags.list('report').map(text => {
    if (!/^\d{1,15}$/.test(text)) throw usageError(`--report ${text} is no id`)
    return Number(text)
  })
  return { reports, kind, sinceDay: time === null ? null : Math.floor(time / 86_400_000) }
}

async function reparse(context: CommandContext, store: Store, intake: Intake, selection: Selection): Promise<ExitCode> {
  const total = await countReports(store, selection)
  context.messages.info(`${total} reports will be read again; their rows and the sums over them are rewritten.`)
  if (total > 0 && !(await confirm(context, 'Go on?'))) return exitCodes.no
  const counts: Record<ReparseResult['kind'], number> = { reparsed: 0, 'no-bytes': 0, unreadable: 0 }
  let done = 0
  for await (const report of reportIds(store, selection)) {
    if (context.signal.aborted) break
    const result = await reparseReport(store, intake, report)
    counts[result.kind]++
    if (result.kind === 'unreadable') context.messages.warn(`report ${report}: ${result.text}`)
    done++
    context.messages.progress(`${done} of ${total} reports`)
  }
  context.messages.clearProgress()
  const code = counts['no-bytes'] + counts.unreadable === 0 ? exitCodes.ok : exitCodes.no
  if (context.format === 'json') {
    const { reparsed, unreadable } = counts
    await context.output.json({
      schema: 'letterlock.reparse/1',
      reparsed,
      withoutBytes: counts['no-bytes'],
      unreadable,
      exit: code,
    })
  } else {
    const left = counts['no-bytes'] > 0 ? `, ${counts['no-bytes']} without kept bytes` : ''
    const unread = counts.unreadable > 0 ? `, ${counts.unreadable} that cannot be read any more` : ''
    await context.output.line(`${counts.reparsed} reports read again${left}${unread}`)
  }
  return code
}

function selected(store: Store, selection: Selection) {
  let query = store.read.selectFrom('report').where('tenant', '=', 1)
  if (selection.reports.length > 0) query = query.where('id', 'in', selection.reports)
  if (selection.kind !== null) query = query.where('kind', '=', selection.kind)
  if (selection.sinceDay !== null) query = query.where('day', '>=', selection.sinceDay)
  return query
}

async function countReports(store: Store, selection: Selection): Promise<number> {
  const row = await selected(store, selection)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

async function* reportIds(store: Store, selection: Selection): AsyncGenerator<number> {
  let last = 0
  for (;;) {
    const page = await selected(store, selection)
      .select('id')
      .where('id', '>', last)
      .orderBy('id')
      .limit(reportsPerPage)
      .execute()
    for (const { id } of page) yield id
    last = page.at(-1)?.id ?? last
    if (page.length < reportsPerPage) return
  }
}
