import type { Problem } from '@letterlock/contract'

const base = '/api/v1'

/** A refusal or failure as one sentence for a person; `status` 0 where no answer came. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Problem | null

  constructor(status: number, text: string, problem: Problem | null = null) {
    super(text)
    this.status = status
    this.problem = problem
  }
}

/** Address of an API resource, for links that the browser follows itself (downloads, exports). */
export function apiAddress(path: string, query = ''): string {
  return `${base}${path}${ownQuery(path, query)}`
}

/** The path of a domain names it already, and a second time is refused. */
function ownQuery(path: string, query: string): string {
  if (!path.startsWith('/domains/')) return query
  const params = new URLSearchParams(query)
  params.delete('domain')
  return params.size === 0 ? '' : `?${params}`
}

/** Asks the API. The type of the answer is the contract's, which the server is tested against. */
export async function getJson<Answer>(path: string, query: string, signal?: AbortSignal): Promise<Answer> {
  const response = await send(path + ownQuery(path, query), {
    headers: { accept: 'application/json' },
    ...(signal && { signal }),
  })
  return (await response.json()) as Answer
}

/** A change. The body is JSON, as the API takes writes in no other form but files. */
export async function change<Answer>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await send(path, {
    method,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body ?? {}),
  })
  const text = await response.text()
  return (text === '' ? null : JSON.parse(text)) as Answer
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(base + path, { credentials: 'same-origin', ...init })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'Letterlock does not answer: is it still running?')
  }
  if (response.ok) return response
  throw await refusal(response)
}

/** The words of an RFC 9457 answer; what is no such answer is named by its status. */
export async function refusal(response: Response): Promise<ApiError> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true
  if (!isProblem) return new ApiError(response.status, `Letterlock answered with status ${response.status}.`)
  const problem = (await response.json()) as Problem
  const members = problem.errors?.map(error => `${error.where}: ${error.text}`).join('; ')
  return new ApiError(
    response.status,
    members ? `${problem.detail} ${members}.` : problem.detail || problem.title,
    problem,
  )
}
