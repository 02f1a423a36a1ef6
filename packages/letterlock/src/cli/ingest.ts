import { resolve } from 'node:path'
import type { Intake, PathResult } from '../intake/intake.ts'
import { watchPaths } from '../intake/watch.ts'
import type { Command, CommandContext } from './command.ts'
import { type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { IngestReport } from './ingest-report.ts'
import { connectInstance } from './instance.ts'
import { openCommandIntake, openDryIntake } from './open-store.ts'
import { printable } from './printable.ts'

/** Pause between two looks at the folders of `--watch`, where the system tells of no change. */
const watchPollMs = 30_000

/** `letterlock ingest`: reports from files, folders, mbox files, maildirs and stdin into the store. */
export const command: Command = {
  name: 'ingest',
  summary: 'bring reports into the store: files, folders, mbox, maildir, stdin',
  usage: ['ingest PATH…', 'ingest --dry-run PATH…', 'ingest --watch FOLDER…'],
  description: [
    'Takes aggregate, failure and TLS reports in mails, archives or bare. What a file is, its content decides. A second',
    'run adds nothing: equal content is one report. What cannot be read is kept in quarantine with the reason, and never',
    'keeps the rest from being stored. - is stdin.',
  ],
  formats: ['text', 'json', 'ndjson'],
  flags: {
    watch: { type: 'boolean', text: 'go on and take files as they appear in the folders' },
    'dry-run': { type: 'boolean', text: 'read and say what would be stored; opens no store' },
    quarantine: { type: 'string', value: 'DIR', text: 'put copies of what could not be read there too' },
  },
  exitCodes: {
    0: 'every report is stored or was known',
    1: 'a path could not be read, or the store could not be written',
    2: 'something is kept in quarantine',
  },
  async run(context) {
    if (context.arguments.length === 0) throw usageError('what shall be read?', 'letterlock ingest FOLDER')
    if (context.flags.has('watch') && context.flags.has('dry-run')) {
      throw usageError('--watch and --dry-run contradict each other')
    }
    return await ingest(context)
  },
}

async function ingest(context: CommandContext): Promise<ExitCode> {
  const configuration = await context.configuration()
  const report = new IngestReport(context)
  const isDry = context.flags.has('dry-run')
  const quarantineFolder = context.flags.text('quarantine')
  const more = {
    ...(quarantineFolder === undefined ? {} : { quarantineFolder }),
    ...(context.format === 'ndjson' ? { onRows: (text: string) => context.output.write(text) } : {}),
  }
  if (isDry) return await ingestHere(context, report, openDryIntake(configuration, more))
  const result = await openCommandIntake(configuration, more)
  if (result.state === 'held') return await ingestThere(context, report, result.socketPath)
  try {
    return await ingestHere(context, report, result.opened.intake)
  } finally {
    await result.opened.close()
  }
}

async function ingestHere(context: CommandContext, report: IngestReport, intake: Intake): Promise<ExitCode> {
  try {
    if (context.flags.has('watch')) return await watchUntilStopped(context, report, intake)
    return await takeResults(context, report, signal =>
      intake.ingestPaths(context.arguments, { signal, onProgress: progress => report.progress(progress) }),
    )
  } finally {
    await intake.close()
  }
}

/** The data belongs to a running instance: it is given the files over its socket. */
async function ingestThere(context: CommandContext, report: IngestReport, socketPath: string): Promise<ExitCode> {
  if (context.flags.has('watch')) {
    const folders = context.arguments.map(path => printable(resolve(path))).join(', ')
    throw usageError(
      'an instance is running on this data, and watches folders itself',
      `in the app, open Sources, choose "Watch a folder" and enter ${folders}`,
    )
  }
  if (context.format === 'ndjson') {
    throw usageError(
      'an instance is running on this data, and stores reports without showing their rows',
      'to store them, use --format text or json; to see the rows and store nothing, add --dry-run',
    )
  }
  const instance = await connectInstance(socketPath)
  report.leadTo('look at the pages of the running instance')
  return await takeResults(context, report, signal => instance.ingestPaths(context.arguments, signal))
}

async function takeResults(
  context: CommandContext,
  report: IngestReport,
  read: (signal: AbortSignal) => AsyncIterable<PathResult>,
): Promise<ExitCode> {
  await report.begin()
  // A reader of stdout that went away stops the reading too.
  const closed = new AbortController()
  for await (const result of read(AbortSignal.any([context.signal, closed.signal]))) {
    await report.take(result)
    if (context.output.isClosed) closed.abort()
  }
  return await report.end()
}

async function watchUntilStopped(context: CommandContext, report: IngestReport, intake: Intake): Promise<ExitCode> {
  await report.begin()
  let isFirst = true
  await watchPaths(intake, {
    paths: context.arguments,
    signal: context.signal,
    pollMs: watchPollMs,
    onResult: result => report.take(result),
    onPass: () => {
      if (isFirst) context.messages.info(`Watching ${context.arguments.join(', ')}; stop with Ctrl-C.`)
      isFirst = false
    },
  })
  const code = await report.end()
  return code === exitCodes.ok ? exitCodes.ok : code
}
