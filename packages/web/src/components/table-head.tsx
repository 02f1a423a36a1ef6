import type { ReactNode } from 'react'

/** Head of a column. A text alone is a column of texts; numbers stand right, and so does their head. */
export type Column =
  | string
  | {
      readonly text: string
      readonly kind: 'number' | 'action' | 'text'
      /** Further classes, such as a width. */
      readonly className?: string
    }

/** A column of numbers. */
export function numbers(text: string): Column {
  return { text, kind: 'number' }
}

/** A column of buttons: its head is only read aloud. */
export function actions(text: string): Column {
  return { text, kind: 'action' }
}

/** The head of a table of plain columns. */
export function TableHead({ columns }: { readonly columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(column => {
          const { text, kind, className = '' } = typeof column === 'string' ? { text: column, kind: 'text' } : column
          const classes = `${kind === 'number' ? 'n ' : ''}${className}`.trim()
          return (
            <th key={text} scope="col" className={classes === '' ? undefined : classes}>
              {headText(text, kind)}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

function headText(text: string, kind: string): ReactNode {
  return kind === 'action' ? <span className="vh">{text}</span> : text
}
