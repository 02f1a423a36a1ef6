import { createInterface } from 'node:readline/promises'
import type { CommandContext } from './command.ts'
import { usageError } from './exit-code.ts'

/** The flag that answers for scripts; give it to commands that ask. */
export const yesFlag = { type: 'boolean', text: 'do it without asking' } as const

/** Asks y/n on the terminal; `--yes` answers it. Without a terminal the missing answer is bad usage. */
export async function confirm(context: CommandContext, question: string): Promise<boolean> {
  if (context.flags.has('yes')) return true
  if (process.stdin.isTTY !== true) throw usageError('there is no terminal to ask on', 'add --yes')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal: context.signal })
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    // Interrupted at the question: nothing was begun.
    return false
  } finally {
    asking.close()
  }
}
