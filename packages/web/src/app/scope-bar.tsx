import type { Coverage, ScopeAnswer } from '@letterlock/contract'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useChoices } from '../api/answers.ts'
import { Icon } from '../components/icon.tsx'
import { Popup } from '../components/popup.tsx'
import { shell } from '../messages/shell.ts'
import { type Search, wholePeriod } from '../scope/search.ts'
import { useFilters } from '../scope/use-scope.ts'
import { addDays, countDays, formatDay, formatDayYear, formatPeriod } from '../text/format.ts'

/** The only filters of a screen, with what they cover in words beside them. */
export function ScopeBar({ onSearch }: { readonly onSearch: () => void }) {
  const { data } = useChoices()
  return (
    <section className="scope" aria-label={shell('scope')}>
      <DomainChip answer={data} />
      <PeriodChip answer={data} />
      <ReporterChip answer={data} />
      <p className="coverage">
        {data && <CoverageText coverage={data.coverage} extent={data.data.extent} from={data.scope.from} />}
      </p>
      <button type="button" className="find no-print" onClick={onSearch}>
        <Icon name="search" />
        <span>{shell('search')}</span>
        <kbd>/</kbd>
      </button>
    </section>
  )
}

function CoverageText({
  coverage,
  extent,
  from,
}: {
  readonly coverage: Coverage
  /** First and newest day with a report of any kind. */
  readonly extent: { readonly from: string; readonly to: string } | null
  readonly from: string
}) {
  // Said only where the days on the screen are thin: else it would stand there always.
  const isOlder = extent !== null && extent.from < from && coverage.daysWithReports * 2 < coverage.days
  const [silent, ...others] = coverage.silent
  if (coverage.newestDay === null) return shell('noneInScope')
  return (
    <>
      {shell.rich('newest', { day: formatDay(coverage.newestDay) })}{' '}
      {silent && shell('silent', { days: silent.days, name: silent.name, more: others.length })}
      {!silent &&
        coverage.daysWithReports < coverage.days &&
        shell('coveredDays', { with: coverage.daysWithReports, all: coverage.days })}{' '}
      {isOlder && (
        <Link
          to="."
          search={(previous: Search) => ({ ...previous, ...wholePeriod(extent), open: undefined })}
          className="link"
        >
          {shell('olderReports', { day: formatDayYear(extent.from) })}
        </Link>
      )}
    </>
  )
}

/** Changes the scope and stays on the screen; the page of a domain moves on to the chosen one. */
function useChangeScope(): (change: Search) => void {
  const navigate = useNavigate()
  const { domain } = useParams({ strict: false })
  return changed => {
    const target = changed.domain?.[0]
    if (domain !== undefined && 'domain' in changed) {
      if (target !== undefined && changed.domain?.length === 1)
        void navigate({ to: '/domains/$domain', params: { domain: target }, search: (previous: Search) => previous })
      else void navigate({ to: '/', search: (previous: Search) => ({ ...previous, ...changed, open: undefined }) })
      return
    }
    void navigate({ to: '.', search: (previous: Search) => ({ ...previous, ...changed, open: undefined }) })
  }
}

function DomainChip({ answer }: { readonly answer: ScopeAnswer | undefined }) {
  const chosen = useFilters().domain ?? []
  const change = useChangeScope()
  const choices = answer?.data.domains ?? []
  const all = choices.length === 0 ? shell('noDomains') : shell('allDomains', { count: choices.length })
  const [first] = chosen
  const label = first === undefined ? all : chosen.length === 1 ? first : shell('someDomains', { count: chosen.length })
  return (
    <ChoiceChip
      name={shell('domains')}
      label={label}
      all={all}
      chosen={chosen}
      choices={choices.map(domain => ({ value: domain.name, text: domain.name, note: domain.tags.join(', ') }))}
      onChange={domain => change({ domain: domain.length > 0 ? domain : undefined })}
    />
  )
}

function ReporterChip({ answer }: { readonly answer: ScopeAnswer | undefined }) {
  const chosen = useFilters().reporter ?? []
  const change = useChangeScope()
  const choices = answer?.data.reporters ?? []
  const all = choices.length === 0 ? shell('noReporters') : shell('allReporters', { count: choices.length })
  const [first] = chosen
  const name = choices.find(choice => choice.key === first)?.name ?? first
  const label = name === undefined ? all : chosen.length === 1 ? name : shell('someReporters', { count: chosen.length })
  return (
    <ChoiceChip
      name={shell('byReporter')}
      label={label}
      all={all}
      chosen={chosen}
      choices={choices.map(reporter => ({
        value: reporter.key,
        text: reporter.name,
        note: reporter.newestDay === null ? '' : shell('newestDay', { day: formatDay(reporter.newestDay) }),
      }))}
      onChange={reporter => change({ reporter: reporter.length > 0 ? reporter : undefined })}
    />
  )
}

interface Choice {
  readonly value: string
  readonly text: string
  readonly note: string
}

interface ChoiceChipProps {
  readonly name: string
  readonly label: string
  readonly all: string
  readonly chosen: readonly string[]
  readonly choices: readonly Choice[]
  readonly onChange: (chosen: readonly string[]) => void
}

function ChoiceChip({ name, label, all, chosen, choices, onChange }: ChoiceChipProps) {
  return (
    <Popup
      label={name}
      className="chip"
      panel={close => (
        <ChoiceList
          all={all}
          chosen={chosen}
          choices={choices}
          onApply={values => {
            onChange(values)
            close()
          }}
        />
      )}
    >
      <span>{label}</span>
      <Icon name="caret" />
    </Popup>
  )
}

/** Entries of a list that are drawn at once; more are found by typing. */
const shownChoices = 200

function ChoiceList({
  all,
  chosen,
  choices,
  onApply,
}: Omit<ChoiceChipProps, 'name' | 'label' | 'onChange'> & {
  readonly onApply: (values: readonly string[]) => void
}) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set(chosen))
  const [text, setText] = useState('')
  const shown = choices
    .filter(choice => `${choice.text} ${choice.note}`.toLowerCase().includes(text.toLowerCase()))
    .slice(0, shownChoices)
  const toggle = (value: string) => {
    const next = new Set(ticked)
    if (!next.delete(value)) next.add(value)
    setTicked(next)
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        onApply([...ticked])
      }}
    >
      <input
        className="field"
        type="search"
        placeholder={shell('filterList')}
        aria-label={shell('filterList')}
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <div className="choices">
        {shown.map(choice => (
          <label key={choice.value}>
            <input type="checkbox" checked={ticked.has(choice.value)} onChange={() => toggle(choice.value)} />
            <span>{choice.text}</span>
            <span className="small">{choice.note}</span>
          </label>
        ))}
      </div>
      <div className="row-of">
        <button type="submit" className="btn primary">
          {shell('apply')}
        </button>
        <button type="button" className="btn" onClick={() => onApply([])}>
          {all}
        </button>
      </div>
    </form>
  )
}

const quickPeriods = [7, 30, 90, 365] as const

function PeriodChip({ answer }: { readonly answer: ScopeAnswer | undefined }) {
  const change = useChangeScope()
  if (answer === undefined) return <span className="chip">{shell('period', { days: '…', count: 30 })}</span>
  const { from, to } = answer.scope
  return (
    <Popup
      label={shell('from')}
      className="chip"
      panel={close => (
        <PeriodForm
          from={from}
          to={to}
          extent={answer.data.extent}
          onApply={(first, last) => {
            change({ from: [first], to: [last] })
            close()
          }}
        />
      )}
    >
      <span>{shell('period', { days: formatPeriod(from, to), count: countDays(from, to) })}</span>
      <Icon name="caret" />
    </Popup>
  )
}

function PeriodForm({
  from,
  to,
  extent,
  onApply,
}: {
  readonly from: string
  readonly to: string
  readonly extent: { readonly from: string; readonly to: string } | null
  readonly onApply: (from: string, to: string) => void
}) {
  const [first, setFirst] = useState(from)
  const [last, setLast] = useState(to)
  const newest = extent?.to ?? to
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        const [earlier, later] = [first, last].sort()
        onApply(earlier ?? first, later ?? last)
      }}
    >
      <div className="row-of">
        {quickPeriods.map(count => (
          <button key={count} type="button" className="btn" onClick={() => onApply(addDays(newest, 1 - count), newest)}>
            {shell('lastDays', { count })}
          </button>
        ))}
        {extent && (
          <button type="button" className="btn" onClick={() => onApply(wholePeriod(extent).from[0], extent.to)}>
            {shell('everything')}
          </button>
        )}
      </div>
      <div className="dates">
        <label>
          {shell('from')}
          <input
            className="field"
            type="date"
            required
            value={first}
            onChange={event => setFirst(event.target.value)}
          />
        </label>
        <label>
          {shell('to')}
          <input className="field" type="date" required value={last} onChange={event => setLast(event.target.value)} />
        </label>
      </div>
      <button type="submit" className="btn primary">
        {shell('apply')}
      </button>
    </form>
  )
}
