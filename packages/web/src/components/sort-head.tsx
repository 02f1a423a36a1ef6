import { Icon } from './icon.tsx'

/** Which column a table is ordered by. */
export interface TableOrder<Column extends string> {
  readonly column: Column
  readonly direction: 'up' | 'down'
  readonly onChange: (column: Column) => void
}

/** Head of a column that orders the table; a second press turns the order round. */
export function SortHead<Column extends string>({
  column,
  order,
  isNumber,
  children,
}: {
  readonly column: Column
  readonly order: TableOrder<Column>
  readonly isNumber?: boolean
  readonly children: string
}) {
  const isCurrent = order.column === column
  const direction = order.direction === 'up' ? 'ascending' : 'descending'
  return (
    <th scope="col" className={isNumber ? 'n' : undefined} aria-sort={isCurrent ? direction : 'none'}>
      <button
        type="button"
        className={isCurrent ? 'bare sort-head is-current' : 'bare sort-head'}
        onClick={() => order.onChange(column)}
      >
        {children}
        <span className={`sort-mark sort-${order.direction}`} aria-hidden="true">
          {isCurrent && <Icon name="caret" size={10} />}
        </span>
      </button>
    </th>
  )
}
