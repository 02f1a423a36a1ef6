import { type Problem, type ProblemName, problemPrefix, problemTypes } from '@letterlock/contract'
import type { z } from 'zod'

const statuses = {
  'invalid-request': 400,
  'invalid-cursor': 400,
  'not-found': 404,
  'not-kept': 410,
  'unknown-host': 421,
  'other-origin': 403,
  'unsupported-body': 415,
  'too-large': 413,
  'read-only': 403,
  conflict: 409,
  'not-available': 503,
  'method-not-allowed': 405,
  busy: 503,
  internal: 500,
} as const satisfies Record<ProblemName, number>

/** A refusal on its way to the answer: thrown by handlers, written by the app. */
export class ProblemError extends Error {
  readonly problem: ProblemName
  readonly errors: Problem['errors']

  constructor(problem: ProblemName, detail: string, errors?: Problem['errors']) {
    super(detail)
    this.problem = problem
    this.errors = errors
  }
}

/** The members of a request that do not fit, in the words of the schema. */
export function invalidRequest(error: z.ZodError, part: string): ProblemError {
  const errors = error.issues.map(issue => ({
    where: [part, ...issue.path.map(String)].join('.'),
    text: issue.message,
  }))
  return new ProblemError('invalid-request', 'Something in the request does not fit.', errors)
}

/** RFC 9457. */
export function problemResponse({ problem, message, errors }: ProblemError): Response {
  const body: Problem = {
    type: `${problemPrefix}${problem}`,
    title: problemTypes[problem],
    status: statuses[problem],
    detail: message,
    ...(errors === undefined ? {} : { errors }),
  }
  return new Response(JSON.stringify(body), {
    status: statuses[problem],
    headers: { 'content-type': 'application/problem+json' },
  })
}
