import type { ScopeAnswer } from '@letterlock/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testReportXml } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'
import { firstLookReportDays } from '../views/scope.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.stop())

const today = Math.floor(testNow / 86_400)

/** Brings in one report for each of these days before today. */
async function reportsOf(daysBefore: readonly number[]): Promise<void> {
  for (const before of daysBefore) {
    const day = today - before
    const report = { id: `day-${day}`, domain: 'example.org', reporter: 'Reporter', day, records: [] }
    expect((await server.upload(`${day}.xml`, testReportXml(report))).status).toBe(200)
  }
}

async function daysShown(query = ''): Promise<{ first: number; last: number }> {
  const { scope } = (await server.get(`/scope${query}`)) as ScopeAnswer
  const dayOf = (text: string) => Math.round(Date.parse(text) / 86_400_000)
  return { first: today - dayOf(scope.from), last: today - dayOf(scope.to) }
}

const run = (count: number, from: number, step = 1) => Array.from({ length: count }, (_, index) => from + index * step)

describe('a scope that names no days', () => {
  test('ends at the newest report day and has 30 days', async () => {
    await reportsOf(run(firstLookReportDays, 2))
    expect(await daysShown()).toEqual({ first: 31, last: 2 })
  })

  test('keeps 30 days where all there is lies in them', async () => {
    await reportsOf([3, 7])
    expect(await daysShown()).toEqual({ first: 32, last: 3 })
  })

  test('has 90 or 365 days where 30 would hold few report days', async () => {
    await reportsOf(run(firstLookReportDays, 1, 5))
    expect(await daysShown()).toEqual({ first: 90, last: 1 })
    expect(await daysShown('?domain=example.org')).toEqual({ first: 90, last: 1 })
  })

  test('reaches back to the report days themselves where a year is too short', async () => {
    await reportsOf(run(firstLookReportDays + 1, 1, 50))
    expect(await daysShown()).toEqual({ first: 1 + 50 * (firstLookReportDays - 1), last: 1 })
  })
})
