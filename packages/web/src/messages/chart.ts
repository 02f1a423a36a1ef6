import { translator } from '../text/message.tsx'

/** The chart of daily volume with its table, legend and exports. */
export const chartText = translator({
  title: 'Daily volume',
  key: 'Chart key',
  outcome: 'Outcome',
  disposition: 'Disposition',
  alignment: 'Alignment path',
  whole: 'All mail by {key}{per}',
  rest: 'Everything except {good}, own scale{per}',
  nothing: 'Everything except {good}: no messages',
  perBin: ', bars of {days} days',
  label: '{title}, {count, plural, one {# bar} other {# bars}}; the same numbers are in the table below',
  noReports: 'no reports',
  messages: '{count, plural, one {# message} other {# messages}}',
  caption: 'Messages by day and {key}',
  day: 'Day',
  total: 'All',
  markChanged: '{domain} published policy {before} to {after}',
  marks: 'Changes of the published policy, as reports show them',
})
