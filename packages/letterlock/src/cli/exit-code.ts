/** The exit codes, the same for every command. */
export const exitCodes = {
  /** The asked-for state holds. */
  ok: 0,
  /** The tool failed. */
  failed: 1,
  /** Ran fine, the answer is "no". */
  no: 2,
  /** Bad usage or configuration. */
  usage: 3,
  /** Authentication needed or refused. */
  authentication: 4,
  /** Could not be determined; nothing is proven. Never folded into 0 or 2. */
  undetermined: 5,
  /** Interrupted (SIGINT). */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Which code wins when several apply: a proven "no" wins over an undetermined rest. */
export const exitCodePrecedence = [130, 3, 4, 1, 2, 5, 0] as const satisfies readonly ExitCode[]

/** The code of a command several of whose parts ended with codes of their own; 0 when there are none. */
export function joinExitCodes(codes: readonly ExitCode[]): ExitCode {
  return exitCodePrecedence.find(code => codes.includes(code)) ?? exitCodes.ok
}

/** Ends a command with a message for people. `next` is a command or an action that helps. */
export class CommandError extends Error {
  readonly exitCode: ExitCode
  readonly next: string | null

  constructor(exitCode: ExitCode, message: string, next: string | null = null) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.next = next
  }
}

/** Bad usage: exit code 3. */
export function usageError(message: string, next: string | null = null): CommandError {
  return new CommandError(exitCodes.usage, message, next)
}
