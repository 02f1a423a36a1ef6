import { tlsResultGroups } from '@letterlock/contract'
import { describe, expect, test } from 'vitest'
import { columnGroups, weightOf } from './columns.ts'

describe('columns of the matrix', () => {
  test('RFC 8460 s4.3: the result types of the standard in the groups that the API names', () => {
    const groups = columnGroups([])
    expect(groups.map(group => group.columns.map(column => column.type))).toEqual(
      tlsResultGroups.map(group => [...group.types]),
    )
  })

  test('an unknown result type keeps a column of its own, under its own name', () => {
    const last = columnGroups(['certificate-expired', 'x-new-type']).at(-1)
    expect(last?.columns.map(column => column.type)).toEqual(['x-new-type'])
  })

  test('0 quiet, under 20 outlined, under 100 soft, else filled', () => {
    expect([0, 1, 19, 20, 99, 100].map(weightOf)).toEqual(['zero', 'outlined', 'outlined', 'soft', 'soft', 'filled'])
  })
})
