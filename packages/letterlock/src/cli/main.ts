#!/usr/bin/env node
import { exitCodes } from './exit-code.ts'
import { runProgram, type StopReason } from './program.ts'

const stop = new AbortController()

function stopOnce(reason: StopReason): void {
  // The second signal does not wait: every state on disk is one from which the same command goes on.
  if (stop.signal.aborted) process.exit(exitCodes.interrupted)
  stop.abort(reason)
}

process.on('SIGINT', () => stopOnce('interrupt'))
process.on('SIGTERM', () => stopOnce('terminate'))
// A reader of stderr that went away must not end the work.
process.stderr.on('error', () => undefined)

process.exitCode = await runProgram(process.argv.slice(2), stop)
