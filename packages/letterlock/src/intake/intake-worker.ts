import { parentPort, workerData } from 'node:worker_threads'
import { createDryStore } from './dry-store.ts'
import { JobRunner, type WorkerStore } from './job-runner.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './worker-messages.ts'

/* The entry of a parse worker thread: jobs in, verdicts out; rows go straight to the writer of the store. */

if (parentPort === null) throw new Error('this file is the entry of a worker thread')
const port = parentPort
// The one place where the shape of what the main thread sends is taken on trust: both sides are this package.
const setup = workerData as WorkerSetup

async function openStore(): Promise<WorkerStore> {
  if (setup.storePort === null) return { ...createDryStore(), reparse: async () => ({ rows: 0 }) }
  // Loaded here: a dry run needs nothing of the store.
  const { connectServedIntake } = await import('../store/intake-port.ts')
  return connectServedIntake(setup.storePort)
}

const runner = new JobRunner({
  setup,
  store: await openStore(),
  send: (message: FromWorker) => port.postMessage(message),
})

port.on('message', (message: ToWorker) => {
  if (message.type === 'finish') {
    void runner.finish().then(() => {
      setup.storePort?.close()
      port.close()
    })
    return
  }
  runner.take(message)
})
