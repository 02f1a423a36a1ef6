import type { DecideBody } from '@letterlock/contract'
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { change } from './client.ts'

/** A change by the API; afterwards everything on the screen is asked again, because every number may have moved. */
export function useChange<Input, Answer = unknown>(
  run: (input: Input) => Promise<Answer>,
): UseMutationResult<Answer, Error, Input> {
  const client = useQueryClient()
  return useMutation({ mutationFn: run, onSuccess: () => client.invalidateQueries() })
}

/** What the owner says of a sender, for some domains. */
export function useDecide(): UseMutationResult<unknown, Error, DecideBody & { readonly sender: string }> {
  return useChange(({ sender, ...body }) => change('PUT', `/senders/${encodeURIComponent(sender)}/decision`, body))
}
