import { useChoices } from '../api/answers.ts'
import { importText } from '../messages/import.ts'
import { ReportLink, ScopeLink } from '../scope/scope-link.tsx'
import { wholePeriod } from '../scope/search.ts'
import { formatBytes, formatDays } from '../text/format.ts'
import { closeImports, type ImportEntry, retryFailed, useImports } from './import-queue.ts'

/** Lines that are drawn; the sums count everything. */
const shownFiles = 300
const shownDocuments = 20

/** Progress of an import and what became of each file; stays until it is closed. */
export function ImportPanel() {
  const { entries } = useImports()
  const done = entries.filter(entry => entry.state === 'done' || entry.state === 'failed').length
  const failed = entries.filter(entry => entry.state === 'failed').length
  const counts = countVerdicts(entries)
  const isFinished = done === entries.length
  return (
    <section className="import" aria-label={importText('title')}>
      <div className="import-head">
        <h2>{importText('title')}</h2>
        <progress max={entries.length} value={done} aria-label={importText('title')} />
        <button type="button" className="btn" onClick={closeImports}>
          {importText('close')}
        </button>
      </div>
      <p role="status" aria-live="polite">
        {isFinished
          ? importText('finished', { all: entries.length })
          : importText('progress', { done, all: entries.length })}{' '}
        {done > 0 && importText('summary', counts)}{' '}
        {counts.overlapping > 0 && importText('summaryOverlap', { count: counts.overlapping })}
      </p>
      <div className="row-of">
        {failed > 0 && (
          <button type="button" className="btn" onClick={retryFailed}>
            {importText('retry', { count: failed })}
          </button>
        )}
        {isFinished && <ShowEverything />}
        {counts.quarantined > 0 && (
          <ScopeLink to="/quarantine" className="link">
            {importText('openQuarantine')}
          </ScopeLink>
        )}
      </div>
      <ol className="import-files" aria-label={importText('files')}>
        {[...entries]
          .reverse()
          .slice(0, shownFiles)
          .map(entry => (
            <Line key={entry.id} entry={entry} />
          ))}
        {entries.length > shownFiles && <li>{importText('moreFiles', { count: entries.length - shownFiles })}</li>}
      </ol>
    </section>
  )
}

/** Reports that were just read may be older than the days on the screen. */
function ShowEverything() {
  const answer = useChoices().data
  const extent = answer?.data.extent
  if (!answer || !extent || (answer.scope.from <= extent.from && answer.scope.to >= extent.to)) return null
  return (
    <ScopeLink to="/" filters={wholePeriod(extent)} className="btn">
      {importText('everything', { days: formatDays(extent.from, extent.to) })}
    </ScopeLink>
  )
}

function Line({ entry }: { readonly entry: ImportEntry }) {
  return (
    <li>
      <span className="import-name">
        {entry.name} <span className="quiet">{formatBytes(entry.bytes)}</span>
      </span>
      {entry.state === 'waiting' && <span className="quiet">{importText('waiting')}</span>}
      {entry.state === 'sending' && <span>{importText('sending')}</span>}
      {entry.state === 'failed' && <span className="import-bad">{entry.error}</span>}
      {entry.state === 'done' && entry.documents.length === 0 && <span className="quiet">{importText('nothing')}</span>}
      {entry.documents.slice(0, shownDocuments).map(document => (
        <Document key={document.path + document.reportId} document={document} isOnly={entry.documents.length === 1} />
      ))}
      {entry.documents.length > shownDocuments && (
        <span className="quiet">{importText('moreDocuments', { count: entry.documents.length - shownDocuments })}</span>
      )}
    </li>
  )
}

function Document({
  document,
  isOnly,
}: {
  readonly document: ImportEntry['documents'][number]
  readonly isOnly: boolean
}) {
  const kind = importText(document.kind)
  const name = document.verdict === 'stored' && document.kind === 'tls' ? 'storedTls' : document.verdict
  const text = importText(name, {
    kind,
    rows: document.rows,
    messages: document.messages,
    reason: document.reason ?? document.code ?? '',
  })
  const deviations = Object.values(document.deviations).reduce((sum, count) => sum + count, 0)
  return (
    <span className={document.verdict === 'quarantine' || document.verdict === 'failed' ? 'import-bad' : undefined}>
      {!isOnly && <span className="quiet">{document.path}: </span>}
      {document.reportId === null ? (
        text
      ) : (
        <ReportLink report={document.reportId} className="link">
          {text}
        </ReportLink>
      )}
      {deviations > 0 && <span className="quiet"> {importText('deviations', { count: deviations })}</span>}
    </span>
  )
}

function countVerdicts(entries: readonly ImportEntry[]) {
  const counts = { stored: 0, known: 0, overlapping: 0, quarantined: 0, notes: 0 }
  for (const { verdict } of entries.flatMap(entry => entry.documents)) {
    if (verdict === 'stored' || verdict === 'overlapping') counts.stored++
    if (verdict === 'overlapping') counts.overlapping++
    if (verdict === 'known') counts.known++
    if (verdict === 'quarantine') counts.quarantined++
    if (verdict === 'note') counts.notes++
  }
  return counts
}
