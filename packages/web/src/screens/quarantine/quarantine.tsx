import type { ImportAnswer, QuarantineAnswer, QuarantineRow } from '@letterlock/contract'
import { useState } from 'react'
import { usePages, useReadOnly } from '../../api/answers.ts'
import { useChange } from '../../api/changes.ts'
import { apiAddress, change } from '../../api/client.ts'
import { Dialog } from '../../components/dialog.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Head } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { actions, numbers, TableHead } from '../../components/table-head.tsx'
import { partText } from '../../messages/parts.ts'
import { quarantineText } from '../../messages/quarantine.ts'
import { formatBytes, formatDayYear, formatTime } from '../../text/format.ts'

/** What could not be read, with a reason that a person understands. */
export function Quarantine() {
  const query = usePages<QuarantineAnswer>('/quarantine', answer => answer.nextCursor)
  const total = query.data?.pages[0]?.total
  const [said, setSaid] = useState('')
  return (
    <>
      <Head title={quarantineText('title')}>
        {total && <p>{quarantineText('lede', { entries: total.entries })}</p>}
        <p>{quarantineText('scopeNote')}</p>
      </Head>
      <div className="block-head">
        <p role="status" className="sentence">
          {said}
        </p>
        <span className="gap" />
        <TableExports path="/quarantine" />
      </div>
      <Paged query={query}>
        {pages => {
          const rows = pages.flatMap(page => page.quarantine)
          return rows.length === 0 ? null : <QuarantineTable rows={rows} onSaid={setSaid} />
        }}
      </Paged>
    </>
  )
}

function QuarantineTable({
  rows,
  onSaid,
}: {
  readonly rows: readonly QuarantineRow[]
  readonly onSaid: (text: string) => void
}) {
  return (
    <table className="table blocks">
      <caption className="vh">{quarantineText('caption')}</caption>
      <TableHead
        columns={[
          quarantineText('name'),
          quarantineText('reason'),
          quarantineText('when'),
          numbers(quarantineText('size')),
          actions(quarantineText('actions')),
        ]}
      />
      <tbody>
        {rows.map(row => (
          <tr key={row.id} className="line">
            <th scope="row">
              {row.name}
              <span className="small">
                {row.path !== '' && row.path !== row.name && `${insideOf(row)}, `}
                {quarantineText('channel', { channel: row.channel })}
              </span>
            </th>
            <td data-label={quarantineText('reason')}>
              {row.reason}
              <span className="small">
                <code>{row.code}</code>
              </span>
            </td>
            <td className="nowrap" data-label={quarantineText('when')}>
              {formatDayYear(row.quarantinedAt.slice(0, 10))}
              <span className="small">{formatTime(row.quarantinedAt)}</span>
            </td>
            <td className="n" data-label={quarantineText('size')}>
              {formatBytes(row.bytes)}
            </td>
            <td>
              <Actions row={row} onSaid={onSaid} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The place inside of the delivery, which is named above it already. */
function insideOf({ name, path }: QuarantineRow): string {
  return path.startsWith(`${name}/`) ? path.slice(name.length + 1) : path
}

function Actions({ row, onSaid }: { readonly row: QuarantineRow; readonly onSaid: (text: string) => void }) {
  const [isAsking, setAsking] = useState(false)
  const isReadOnly = useReadOnly()
  const retry = useChange((id: number) => change<ImportAnswer>('POST', `/quarantine/${id}/retry`))
  const remove = useChange((id: number) => change('DELETE', `/quarantine/${id}`))
  const title = isReadOnly ? partText('readOnly') : undefined
  const onRetried = (answer: ImportAnswer) => {
    const documents = answer.deliveries.flatMap(delivery => delivery.documents)
    const failed = documents.find(document => document.verdict === 'quarantine')
    const stored = documents.filter(document => document.verdict !== 'quarantine' && document.verdict !== 'note').length
    onSaid(
      failed ? quarantineText('again', { reason: failed.reason ?? '' }) : quarantineText('stored', { count: stored }),
    )
  }
  return (
    <div className="row-of row-actions no-print">
      {row.hasBytes ? (
        <a
          className="btn"
          href={apiAddress(`/quarantine/${row.id}/raw`)}
          download
          data-row
          aria-label={quarantineText('downloadOf', { name: row.name })}
        >
          {quarantineText('download')}
        </a>
      ) : (
        <span className="small">{quarantineText('notKept')}</span>
      )}
      <button
        type="button"
        className="btn"
        disabled={isReadOnly || !row.hasBytes || retry.isPending}
        title={title}
        aria-label={quarantineText('retryOf', { name: row.name })}
        onClick={() => retry.mutate(row.id, { onSuccess: onRetried, onError: error => onSaid(error.message) })}
      >
        {quarantineText('retry')}
      </button>
      <button
        type="button"
        className="btn danger"
        disabled={isReadOnly || remove.isPending}
        title={title}
        aria-label={quarantineText('removeOf', { name: row.name })}
        onClick={() => setAsking(true)}
      >
        {quarantineText('remove')}
      </button>
      {isAsking && (
        <Dialog title={quarantineText('remove')} onClose={() => setAsking(false)}>
          <p>{quarantineText('confirm', { name: row.name })}</p>
          <div className="panel-buttons row-of">
            <button
              type="button"
              className="btn danger"
              onClick={() => {
                setAsking(false)
                remove.mutate(row.id, { onError: error => onSaid(error.message) })
              }}
            >
              {partText('remove')}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}
