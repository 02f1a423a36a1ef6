import { z } from '@hono/zod-openapi'
import { sentenceSchema } from './link.ts'

/** How a statement is known; every statement carries one. */
export const claimLevels = [
  'observed', // Letterlock got the bytes itself
  'reported', // a named other party says so
  'derived', // computed by a fixed rule from the two above
  'inferred', // the best explanation; others are possible
  'unknown', // not measured, or could not be determined
] as const
export const claimLevelSchema = z.enum(claimLevels)
export type ClaimLevel = z.output<typeof claimLevelSchema>

export const claimSchema = z
  .object({
    level: claimLevelSchema,
    /** How, in a few words, such as `reported by 9` or `inferred from PTR`. */
    text: z.string(),
    /**
     * Who said so, or what it was computed from, with numbers that lead to their rows: those who said most first, at
     * most 50 lines.
     */
    from: z.array(sentenceSchema).max(50),
    /** Rule of a derived statement. */
    rule: z.string().nullable(),
  })
  .openapi('Claim')
export type Claim = z.output<typeof claimSchema>

/** Only `fail` has a severity; the others never look alike. */
export const verdicts = ['pass', 'fail', 'unknown', 'not tested', 'not applicable'] as const
export const verdictSchema = z.enum(verdicts)
export type Verdict = z.output<typeof verdictSchema>

export const severitySchema = z.enum(['high', 'medium', 'low'])
export type Severity = z.output<typeof severitySchema>
