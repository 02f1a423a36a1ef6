import { parentPort, workerData } from 'node:worker_threads'
import { runQuery } from './query.ts'
import { openReader, StatementCache } from './sqlite.ts'
import type { FromThread, QueryMessage, ReaderSetup } from './thread-messages.ts'

/* Entry of a reader thread: one reading connection that answers queries in their order. */

/** Prepared statements kept: the views with their filters. */
const readerStatements = 300

const port = parentPort
if (port === null) throw new Error('this file is the entry of a worker thread')
// The store starts this thread and gives it its setup.
const { file } = workerData as ReaderSetup
const database = openReader(file)
const statements = new StatementCache(database, readerStatements)

port.on('message', (message: QueryMessage | { readonly type: 'close' }) => {
  if (message.type === 'close') {
    database.close()
    port.close()
    return
  }
  try {
    port.postMessage({ type: 'answer', id: message.id, value: runQuery(statements, message) } satisfies FromThread)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    port.postMessage({ type: 'refused', id: message.id, message: text } satisfies FromThread)
  }
})
