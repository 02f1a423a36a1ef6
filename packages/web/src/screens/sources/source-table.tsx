import type { ChangeSourceBody, SourceEntry } from '@letterlock/contract'
import { useState } from 'react'
import { useReadOnly } from '../../api/answers.ts'
import { useChange } from '../../api/changes.ts'
import { change } from '../../api/client.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Moment } from '../../components/moment.tsx'
import { actions, TableHead } from '../../components/table-head.tsx'
import { partText } from '../../messages/parts.ts'
import { sourcesText } from '../../messages/sources.ts'

export function SourceTable({ sources }: { readonly sources: readonly SourceEntry[] }) {
  return (
    <table className="table blocks">
      <caption className="vh">{sourcesText('caption')}</caption>
      <TableHead
        columns={[
          sourcesText('name'),
          sourcesText('kind'),
          sourcesText('state'),
          sourcesText('lastRun'),
          actions(sourcesText('actions')),
        ]}
      />
      <tbody>
        {sources.map(source => (
          <Line key={source.id} source={source} />
        ))}
      </tbody>
    </table>
  )
}

function Line({ source }: { readonly source: SourceEntry }) {
  const { config } = source
  return (
    <tr className="line">
      <th scope="row">
        {source.name}
        <span className="small">
          {'host' in config
            ? `${config.user}, ${config.host}:${config.port}, ${config.folders.join(', ')}`
            : config.path}
        </span>
      </th>
      <td data-label={sourcesText('kind')}>{sourcesText(source.kind)}</td>
      <td data-label={sourcesText('state')}>
        <State source={source} />
      </td>
      <td data-label={sourcesText('lastRun')}>
        {source.lastRunAt === null ? sourcesText('never') : <Moment time={source.lastRunAt} />}
      </td>
      <td>
        <Actions source={source} />
      </td>
    </tr>
  )
}

function State({ source }: { readonly source: SourceEntry }) {
  const { state } = source
  const error = state?.error ?? null
  return (
    <>
      {!source.isEnabled && sourcesText('paused')}
      {source.isEnabled && state === null && sourcesText('notRunning')}
      {source.isEnabled && state !== null && sourcesText(state.phase, { done: state.done, total: state.total })}
      {source.isEnabled && state?.phase === 'history' && state.total > 0 && (
        <progress className="source-progress" max={state.total} value={state.done} aria-label={source.name} />
      )}
      {error !== null && <span className="source-error">{sourcesText('failed', { error })}</span>}
      {error === null && source.lastError !== null && (
        <span className="source-error">{sourcesText('lastFailed', { error: source.lastError })}</span>
      )}
    </>
  )
}

function Actions({ source }: { readonly source: SourceEntry }) {
  const [isAsking, setAsking] = useState(false)
  const isReadOnly = useReadOnly()
  const edit = useChange((body: ChangeSourceBody) => change('PATCH', `/sources/${source.id}`, body))
  const remove = useChange((id: number) => change('DELETE', `/sources/${id}`))
  const title = isReadOnly ? partText('readOnly') : undefined
  const error = edit.error ?? remove.error
  const { name, isEnabled } = source
  return (
    <div className="row-of">
      <button
        type="button"
        className="btn"
        data-row
        disabled={isReadOnly || edit.isPending}
        title={title}
        aria-label={sourcesText(isEnabled ? 'pauseOf' : 'resumeOf', { name })}
        onClick={() => edit.mutate({ isEnabled: !isEnabled })}
      >
        {sourcesText(isEnabled ? 'pause' : 'resume')}
      </button>
      <button
        type="button"
        className="btn danger"
        disabled={isReadOnly || remove.isPending}
        title={title}
        aria-label={sourcesText('removeOf', { name })}
        onClick={() => setAsking(true)}
      >
        {sourcesText('remove')}
      </button>
      {error && <span role="alert">{error.message}</span>}
      {isAsking && (
        <Dialog title={sourcesText('removeOf', { name })} onClose={() => setAsking(false)}>
          <p>{sourcesText('removeText', { name })}</p>
          <div className="panel-buttons row-of">
            <button type="button" className="btn danger" onClick={() => remove.mutate(source.id)}>
              {partText('remove')}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}
