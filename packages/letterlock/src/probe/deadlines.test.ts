import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Deadlines, notTimed, type Timed } from './deadlines.ts'

class Timer implements Timed {
  slot = notTimed
  rounds = 0
  expiredAt = 0
  expirations = 0
  expired(): void {
    this.expirations += 1
    this.expiredAt = performance.now()
  }
}

it('each expires once, not before its time, those that were taken out never', async () => {
  const deadlines = new Deadlines(1)
  const started = performance.now()
  // Beyond the 256 ticks of the wheel as well.
  const waits = Array.from({ length: 300 }, (_, index) => index * 2)
  const timers = waits.map(ms => {
    const timer = new Timer()
    deadlines.add(timer, ms)
    return timer
  })
  const gone = timers.filter((_, index) => index % 3 === 0)
  for (const timer of gone) deadlines.delete(timer)
  await sleep(900)
  timers.forEach((timer, index) => {
    expect(timer.expirations).toBe(index % 3 === 0 ? 0 : 1)
    if (timer.expirations > 0) expect(timer.expiredAt - started).toBeGreaterThanOrEqual((waits[index] ?? 0) - 0.1)
  })
})

it('what is added again starts anew, and may be added while another expires', async () => {
  const deadlines = new Deadlines(1)
  const again = new Timer()
  const first = new Timer()
  first.expired = () => deadlines.add(again, 1)
  deadlines.add(first, 5)
  deadlines.add(again, 3)
  deadlines.add(again, 100_000)
  await sleep(100)
  expect(again.expirations).toBe(1)
})
