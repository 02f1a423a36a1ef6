import type { DecideBody } from '@letterlock/contract'
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { change } from './client.ts'

/**
 * A change by the API; afterwards everything on the screen is asked again, because every number may have moved.
 * `onDone` runs before that: where it leaves a screen whose subject is gone, nothing is asked about it any more.
 */
export function useChange<Input, Answer = unknown>(
  run: (input: Input) => Promise<Answer>,
  onDone?: (answer: Answer) => Promise<void>,
): UseMutationResult<Answer, Error, Input> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: run,
    onSuccess: async answer => {
      await onDone?.(answer)
      void client.invalidateQueries()
    },
  })
}

/** What the owner says of a sender, for some domains. */
export function useDecide(): UseMutationResult<unknown, Error, DecideBody & { readonly sender: string }> {
  return useChange(({ sender, ...body }) => change('PUT', `/senders/${encodeURIComponent(sender)}/decision`, body))
}
