import { useExportQuery } from '../api/answers.ts'
import { apiAddress } from '../api/client.ts'
import { partText } from '../messages/parts.ts'

/** The whole table of the same scope and filters, from the API; `e` takes the first export of a screen. */
export function TableExports({
  path,
  more,
  forms = ['csv', 'ndjson'],
}: {
  readonly path: string
  readonly more?: Readonly<Record<string, string>>
  readonly forms?: readonly ('csv' | 'ndjson')[]
}) {
  const queries = { csv: useExportQuery('csv', more), ndjson: useExportQuery('ndjson', more) }
  const names = { csv: partText('exportCsv'), ndjson: partText('exportNdjson') }
  return forms.map((form, index) => (
    <a
      key={form}
      className="btn quiet-btn"
      href={apiAddress(path, queries[form])}
      download
      {...(index === 0 && { 'data-export': true })}
      aria-label={partText('exportTable', { format: names[form] })}
    >
      {names[form]}
    </a>
  ))
}
