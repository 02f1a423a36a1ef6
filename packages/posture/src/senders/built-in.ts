import { type Catalogue, catalogueOf } from './catalogue.ts'
import type { Service } from './service.ts'
import { collaborationServices } from './services/collaboration.ts'
import { crmServices } from './services/crm.ts'
import { developerTools } from './services/developer-tools.ts'
import { eCommerceServices } from './services/e-commerce.ts'
import { financeServices } from './services/finance.ts'
import { forwarders } from './services/forwarder.ts'
import { helpdeskServices } from './services/helpdesk.ts'
import { hrServices } from './services/hr.ts'
import { mailboxProviders } from './services/mailbox.ts'
import { marketingServices } from './services/marketing.ts'
import { publicSectorServices } from './services/public-sector.ts'
import { securityGateways } from './services/security-gateway.ts'
import { surveyServices } from './services/survey.ts'
import { transactionalServices } from './services/transactional.ts'
import { webHosts } from './services/web-host.ts'

/** Changes with every change of the services below: rows keep the version that named their sender. */
export const catalogueVersion = '2026-11-24.4'

/** Every service that is known without a loaded map. */
export const services: readonly Service[] = [
  ...mailboxProviders,
  ...marketingServices,
  ...transactionalServices,
  ...crmServices,
  ...helpdeskServices,
  ...hrServices,
  ...financeServices,
  ...surveyServices,
  ...eCommerceServices,
  ...developerTools,
  ...collaborationServices,
  ...publicSectorServices,
  ...securityGateways,
  ...webHosts,
  ...forwarders,
]

/** The built-in services made searchable. */
export const builtInCatalogue: Catalogue = catalogueOf({ services, version: catalogueVersion })
