import './today.css'
import type { TodayAnswer } from '@letterlock/contract'
import { lazy, Suspense } from 'react'
import { useAnswer, useChoices } from '../../api/answers.ts'
import { askForFiles } from '../../app/import-queue.ts'
import { Head } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { todayText } from '../../messages/today.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatDay } from '../../text/format.ts'
import { Figures } from './figures.tsx'
import { Items } from './items.tsx'

const VolumeChart = lazy(() => import('../../chart/volume-chart.tsx').then(module => ({ default: module.VolumeChart })))

/** What needs the owner, worst first; then four figures and the chart. */
export function Today() {
  const query = useAnswer<TodayAnswer>('/today')
  const isEmpty = useChoices().data?.data.extent === null
  if (isEmpty) return <Welcome />
  const count = query.data?.data.items.filter(item => item.severity !== 'hint').length
  return (
    <>
      <Head title={count === undefined ? todayText('loading') : todayText('title', { count })}>
        {count === 0 && query.data && query.data.data.newestDay !== null && (
          <p>{todayText('calm', { day: formatDay(query.data.data.newestDay) })}</p>
        )}
      </Head>
      <Loaded query={query} lines={8}>
        {answer => (
          <>
            {answer.data.items.length > 0 && <Items items={answer.data.items} />}
            <Figures answer={answer} />
          </>
        )}
      </Loaded>
      <Suspense fallback={<div className="block chart-room" />}>
        <VolumeChart />
      </Suspense>
    </>
  )
}

/** Before the first report: what to do, and when to expect what. */
function Welcome() {
  return (
    <>
      <Head title={todayText('welcome')} />
      <div className="welcome">
        <p>{todayText('welcomeText')}</p>
        <p>{todayText('welcomeWait')}</p>
        <div className="row-of">
          <button type="button" className="btn primary" onClick={askForFiles}>
            {todayText('chooseFiles')}
          </button>
          <ScopeLink to="/sources" className="btn">
            {todayText('connect')}
          </ScopeLink>
        </div>
      </div>
    </>
  )
}
