import { ReportLink } from '../scope/scope-link.tsx'
import { formatDay } from '../text/format.ts'

/** First cell of a row of a report: its day, which leads to the report. */
export function ReportDay({ report, day }: { readonly report: number; readonly day: string }) {
  return (
    <th scope="row">
      <ReportLink report={report} className="num" data-row>
        {formatDay(day)}
      </ReportLink>
    </th>
  )
}
