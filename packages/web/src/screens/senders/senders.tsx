import './senders.css'
import type { SendersAnswer } from '@letterlock/contract'
import { useNavigate } from '@tanstack/react-router'
import { usePages } from '../../api/answers.ts'
import { Claim } from '../../components/claim.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { Legend } from '../../components/legend.tsx'
import { ListFilter } from '../../components/list-filter.tsx'
import { useOpened, useOrder } from '../../components/opened.ts'
import { outcomeOrder, outcomeSlot } from '../../components/outcome.tsx'
import { Paged } from '../../components/paged.tsx'
import { Segments } from '../../components/segments.tsx'
import { useTotalFilters } from '../../components/total-link.tsx'
import { outcomeText } from '../../messages/outcome.ts'
import { sendersText } from '../../messages/senders.ts'
import { drillDownOf, scopeOf } from '../../scope/search.ts'
import { useFilters } from '../../scope/use-scope.ts'
import { SenderTable } from './sender-table.tsx'

/** One row per service, with the decision; a row opens to sources, evidence and fix. */
export function Senders() {
  const [order, setOrder] = useOrder(['alignment', 'messages'])
  const query = usePages<SendersAnswer>('/senders', answer => answer.data.nextCursor, { sort: order })
  const filters = useFilters()
  const navigate = useNavigate()
  const first = query.data?.pages[0]
  return (
    <>
      <Head title={sendersText('title')}>{first && <Lede answer={first} pages={query.data?.pages ?? []} />}</Head>
      <Filters
        except={['text']}
        before={
          <>
            <Segments
              name="sender-order"
              label={sendersText('order')}
              value={order}
              options={[
                { value: 'alignment', text: sendersText('byAlignment') },
                { value: 'messages', text: sendersText('byVolume') },
                { value: 'reporter', text: sendersText('byReporter') },
              ]}
              onChange={value => {
                if (value === 'reporter') void navigate({ to: '/by-reporter', search: scopeOf(filters) })
                else setOrder(value)
              }}
            />
            <ListFilter label={sendersText('filter')} />
          </>
        }
      >
        {first && <Claim claim={first.claim} />}
        <TableExports path="/senders" more={{ sort: order }} />
      </Filters>
      <Paged query={query}>{pages => <List pages={pages} order={order} />}</Paged>
    </>
  )
}

function List({
  pages,
  order,
}: {
  readonly pages: readonly [SendersAnswer, ...SendersAnswer[]]
  readonly order: 'alignment' | 'messages'
}) {
  const [opened] = useOpened()
  const [{ data, coverage }] = pages
  const shown = pages.flatMap(page => page.data.senders)
  const total = useTotalFilters('sender', {
    keys: shown.map(row => row.sender.key),
    isWhole: pages.at(-1)?.data.nextCursor === null,
  })
  if (data.all.senders === 0) return <EmptyScope />
  return (
    <>
      <SenderTable
        senders={shown}
        groups={order === 'alignment' ? data.groups : null}
        all={data.all}
        total={total}
        reporters={coverage.reporters}
        opened={opened}
      />
      <Legend
        total={data.all.messages}
        entries={outcomeOrder.map(outcome => ({
          slot: outcomeSlot(outcome),
          text: outcomeText(outcome),
          count: data.all.outcome[outcome],
          filters: total && { ...total, outcome: [outcome] },
        }))}
      />
    </>
  )
}

function Lede({ answer, pages }: { readonly answer: SendersAnswer; readonly pages: readonly SendersAnswer[] }) {
  const isNarrowed = drillDownOf(useFilters()).length > 0
  if (isNarrowed) return sendersText('ledeFit', { senders: answer.data.all.senders })
  const { domains } = answer.scope
  const scope = domains?.length === 1 ? (domains[0] ?? '') : sendersText('yourDomains')
  const senders = pages.flatMap(page => page.data.senders)
  // How many are broken or undecided is known only where the whole list is here.
  if (pages.at(-1)?.data.nextCursor !== null)
    return sendersText('ledeMore', { senders: answer.data.all.senders, scope })
  return sendersText('lede', {
    senders: answer.data.all.senders,
    scope,
    broken: senders.filter(row => row.outcome.broken > 0).length,
    undecided: senders.filter(row => row.decision === 'undecided').length,
  })
}
