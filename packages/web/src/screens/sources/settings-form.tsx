import type { Settings } from '@letterlock/contract'
import { type FormEvent, useState } from 'react'
import { useReadOnly, useResource } from '../../api/answers.ts'
import { useChange } from '../../api/changes.ts'
import { change } from '../../api/client.ts'
import { Block } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { partText } from '../../messages/parts.ts'
import { sourcesText } from '../../messages/sources.ts'

/** Retention, and whether failure reports are kept whole. */
export function SettingsForm() {
  const query = useResource<Settings>('/settings')
  return (
    <Block title={sourcesText('retention')}>
      <Loaded query={query} lines={3}>
        {settings => <Form settings={settings} />}
      </Loaded>
    </Block>
  )
}

/** Days that the field offers when someone ends keeping for good. */
const firstOffer = 730

function Form({ settings }: { readonly settings: Settings }) {
  const [changed, setChanged] = useState(settings)
  const isReadOnly = useReadOnly()
  const save = useChange((body: Settings) => change<Settings>('PUT', '/settings', body))
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(changed)
  }
  return (
    <form className="form narrow" onSubmit={onSubmit}>
      <fieldset className="form" disabled={isReadOnly || save.isPending}>
        <label className="tick">
          <input
            type="checkbox"
            checked={changed.retentionDays === null}
            onChange={event => setChanged({ ...changed, retentionDays: event.target.checked ? null : firstOffer })}
          />
          {sourcesText('keepForever')}
        </label>
        {changed.retentionDays !== null && (
          <DaysField
            label={sourcesText('retentionDays')}
            days={changed.retentionDays}
            onChange={retentionDays => setChanged({ ...changed, retentionDays })}
          />
        )}
        <label className="tick">
          <input
            type="checkbox"
            checked={changed.failureReports}
            onChange={event => setChanged({ ...changed, failureReports: event.target.checked })}
          />
          <span>
            {sourcesText('failureReports')}
            <span className="small">{sourcesText('failureHint')}</span>
          </span>
        </label>
        <DaysField
          label={sourcesText('failureDays')}
          days={changed.failureRetentionDays}
          onChange={failureRetentionDays => setChanged({ ...changed, failureRetentionDays })}
        />
        {save.isError && <p role="alert">{save.error.message}</p>}
        <div className="row-of">
          <button type="submit" className="btn primary" title={isReadOnly ? partText('readOnly') : undefined}>
            {sourcesText('save')}
          </button>
          <span role="status" className="sentence">
            {save.isSuccess && sourcesText('saved')}
            {isReadOnly && partText('readOnly')}
          </span>
        </div>
      </fieldset>
    </form>
  )
}

function DaysField({
  label,
  days,
  onChange,
}: {
  readonly label: string
  readonly days: number
  readonly onChange: (days: number) => void
}) {
  return (
    <label>
      {label}
      <input
        className="field"
        type="number"
        required
        min={1}
        max={36500}
        value={days}
        onChange={event => onChange(event.target.valueAsNumber)}
      />
    </label>
  )
}
