import { onlyTenant, type Store } from '../../store/store.ts'
import { folderConfigSchema, type MailboxState, mailboxConfigSchema, mailboxStateSchema } from './source-config.ts'
import type { SourceState, Sources, SourcesOptions } from './sources.ts'
import { WatchedFolder } from './watched-folder.ts'

interface Running {
  /** The configuration it was started with, as stored: another text means a restart. */
  readonly config: string
  readonly source: { readonly state: SourceState; stop(): Promise<void> }
}

interface SourceRow {
  readonly id: number
  readonly kind: 'imap' | 'folder'
  readonly config: string
  readonly state: string
}

/** Starts every enabled mailbox and folder of `source_config`. */
export async function startSources(options: SourcesOptions): Promise<Sources> {
  const running = new Map<number, Running>()
  // One reload after the other: two at once would start a source twice.
  let turn: Promise<void> = Promise.resolve()
  const reload = (): Promise<void> => {
    const next = turn.catch(() => undefined).then(() => reloadSources(options, running))
    turn = next
    return next
  }
  await reload()
  return {
    reload,
    states: () => [...running.values()].map(({ source }) => source.state),
    async stop() {
      await turn.catch(() => undefined)
      await Promise.all([...running.values()].map(({ source }) => source.stop()))
      running.clear()
    },
  }
}

async function reloadSources(options: SourcesOptions, running: Map<number, Running>): Promise<void> {
  const rows: readonly SourceRow[] = await options.store.read
    .selectFrom('source_config')
    .select(['id', 'kind', 'config', 'state'])
    .where('tenant', '=', onlyTenant)
    .where('is_enabled', '=', 1)
    .execute()
  const wanted = new Map(rows.map(row => [row.id, row]))
  for (const [id, { config, source }] of running) {
    if (wanted.get(id)?.config === config) continue
    await source.stop()
    running.delete(id)
  }
  for (const row of rows) {
    if (running.has(row.id)) continue
    const source = await startSource(options, row)
    if (source !== null) running.set(row.id, { config: row.config, source })
  }
}

async function startSource(options: SourcesOptions, row: SourceRow): Promise<Running['source'] | null> {
  const log = (level: 'info' | 'warn', text: string): void => options.log({ level, source: row.id, text })
  const onRun = (error: string | null): Promise<void> => saveRun(options.store, row.id, error)
  if (row.kind === 'folder') {
    const config = folderConfigSchema.safeParse(JSON.parse(row.config))
    if (!config.success) return refuse(log, onRun)
    return new WatchedFolder({ id: row.id, config: config.data, intake: options.intake, onRun, log })
  }
  const config = mailboxConfigSchema.safeParse(JSON.parse(row.config))
  if (!config.success) return refuse(log, onRun)
  // What speaks IMAP is a good part of the program, and many instances have no mailbox.
  const { Mailbox } = await import('./mailbox.ts')
  return new Mailbox({
    id: row.id,
    config: config.data,
    state: stateOf(row.state),
    intake: options.intake,
    saveState: state => saveState(options.store, row.id, state),
    onRun,
    log,
  })
}

function refuse(log: (level: 'warn', text: string) => void, onRun: (error: string) => Promise<void>): null {
  const text = 'its configuration is not usable'
  log('warn', text)
  void onRun(text).catch(() => undefined)
  return null
}

/** State that cannot be read is as none: everything is read again, and equal content is stored once. */
function stateOf(text: string): MailboxState {
  try {
    const parsed = mailboxStateSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : { folders: {} }
  } catch {
    return { folders: {} }
  }
}

async function saveState(store: Store, id: number, state: MailboxState): Promise<void> {
  await store.write
    .updateTable('source_config')
    .set({ state: JSON.stringify(state) })
    .where('tenant', '=', onlyTenant)
    .where('id', '=', id)
    .execute()
}

async function saveRun(store: Store, id: number, error: string | null): Promise<void> {
  await store.write
    .updateTable('source_config')
    .set({ last_run_at: Math.floor(Date.now() / 1000), last_error: error })
    .where('tenant', '=', onlyTenant)
    .where('id', '=', id)
    .execute()
}
