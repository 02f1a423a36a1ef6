import { z } from 'zod'
import { ProblemError } from './problem.ts'

/*
 * A cursor names its list and the place in it. It is opaque to clients, and nothing in it is trusted: a forged one can
 * only name another place.
 */

/** Writes a cursor. */
export function writeCursor(list: string, place: readonly number[]): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString('base64url')
}

/** The place of a cursor of this list with so many numbers; null without a cursor. */
export function readCursor(list: string, cursor: string | undefined, length: number): readonly number[] | null {
  if (cursor === undefined) return null
  const form = z.tuple([z.literal(list)]).rest(z.number().int().min(-8_640_000_000_000).max(9_007_199_254_740_991))
  const parsed = form.safeParse(jsonOf(cursor))
  if (!parsed.success || parsed.data.length !== length + 1)
    throw new ProblemError('invalid-cursor', 'The cursor does not belong to this list. Begin again without it.')
  const [, ...place] = parsed.data
  return place
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}

/** Where a page of a list that is ordered in memory begins. */
export function readOffset(list: string, cursor: string | undefined): number {
  const [offset] = readCursor(list, cursor, 1) ?? [0]
  return Math.max(0, offset ?? 0)
}

/** The cursor for what follows; `next` is the offset as the view gives it. */
export function offsetCursor(list: string, next: string | null): string | null {
  return next === null ? null : writeCursor(list, [Number(next)])
}
