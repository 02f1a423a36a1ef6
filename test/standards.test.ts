import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checklistsFolder, readChecklists, root, standardsPath } from '../scripts/standards/checklists.ts'
import { readCitations } from '../scripts/standards/citations.ts'
import { exceptions } from '../scripts/standards/exceptions.ts'

const checklists = readChecklists()
const entries = checklists.flatMap(checklist => checklist.entries)
const required = entries.filter(entry => entry.level === 'MUST')
const citations = readCitations()

describe('standards', () => {
  test('each requirement of level MUST has a test that carries its id, or a reason', () => {
    expect(required.length).toBeGreaterThan(150)
    const missing = required.filter(({ id }) => !citations.has(id) && exceptions[id] === undefined)
    expect(missing.map(({ id }) => id)).toEqual([])
  })

  test('a reason stands only where there is no test, and for entries that there are', () => {
    const ids = new Set(required.map(({ id }) => id))
    expect(Object.keys(exceptions).filter(id => !ids.has(id) || citations.has(id))).toEqual([])
  })

  test('ids in names of tests are those of entries', () => {
    const ids = new Set(entries.map(({ id }) => id))
    const prefixes = new Set(entries.map(({ id }) => id.slice(0, id.indexOf('-'))))
    const wrong = [...citations.keys()].filter(id => prefixes.has(id.slice(0, id.indexOf('-'))) && !ids.has(id))
    expect(wrong).toEqual([])
  })

  test('the table holds each entry of the checklists', context => {
    if (!existsSync(checklistsFolder)) return context.skip('needs the checklists, ../shared/requirements')
    const rows = [...readFileSync(join(root, standardsPath), 'utf8').matchAll(/^\| ([A-Z]+-\d{3}) \|/gm)].map(
      ([, id]) => id,
    )
    expect(rows).toEqual(entries.map(({ id }) => id))
  })
})
