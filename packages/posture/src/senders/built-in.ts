import { type Catalogue, catalogueOf } from './catalogue.ts'
import type { Service } from './service.ts'
import { mailboxProviders } from './services/mailbox.ts'

/** Changes with every change of the services below: rows keep the version that named their sender. */
export const catalogueVersion = '2026-11-24'

/** Every service that is known without a loaded map. */
export const services: readonly Service[] = [...mailboxProviders]

/** The built-in services made searchable. */
export const builtInCatalogue: Catalogue = catalogueOf({ services, version: catalogueVersion })
