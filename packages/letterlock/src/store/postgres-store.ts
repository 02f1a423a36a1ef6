import type { OpenedStore, StoreOptions } from './open-store.ts'

export async function openPostgresStore(_url: string, _options: StoreOptions): Promise<OpenedStore> {
  return { state: 'failed', text: 'not yet' }
}
