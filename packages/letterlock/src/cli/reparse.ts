import type { ReparseResult } from '../intake/reparse.ts'
import type { ReportKind } from '../store/store.ts'
import type { Command, CommandContext } from './command.ts'
import { confirm, yesFlag } from './confirm.ts'
import { counted } from './counted.ts'
import { type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { connectInstance } from './instance.ts'
import { instanceReports, type KeptReports, type ReportSelection, storeReports } from './kept-reports.ts'
import { openCommandIntake } from './open-store.ts'

const kinds = ['aggregate', 'tls', 'failure'] as const satisfies readonly ReportKind[]

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
      const instance = await connectInstance(result.socketPath)
      return await reparse(context, instanceReports(instance, context.signal), selection)
    }
    const { opened } = result
    try {
      return await reparse(context, storeReports(opened.store, opened.intake), selection)
    } finally {
      await opened.close()
    }
  },
}

function selectionOf(context: CommandContext): ReportSelection {
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

async function reparse(context: CommandContext, kept: KeptReports, selection: ReportSelection): Promise<ExitCode> {
  const total = await kept.count(selection)
  context.messages.info(`${counted(total, 'report')} will be read again; rows and the sums over them are rewritten.`)
  if (total > 0 && !(await confirm(context, 'Go on?'))) return exitCodes.no
  const counts: Record<ReparseResult['kind'], number> = { reparsed: 0, 'no-bytes': 0, unreadable: 0 }
  let done = 0
  for await (const report of kept.ids(selection)) {
    if (context.signal.aborted) break
    const result = await kept.reparse(report)
    counts[result.kind]++
    if (result.kind === 'unreadable') context.messages.warn(`report ${report}: ${result.text ?? ''}`)
    done++
    context.messages.progress(`${done} of ${counted(total, 'report')}`)
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
    await context.output.line(`${counted(counts.reparsed, 'report')} read again${left}${unread}`)
  }
  return code
}
