import { defineServices, type Service } from '../service.ts'
import { mailCheckRules, reverseNameMap } from './sources.ts'

/** Services made for public bodies and education. */
export const publicSectorServices: readonly Service[] = defineServices('public-sector', '2026-11-24', [
  {
    id: 'askadmissions',
    name: 'ApplyYourself (Campus Management)',
    dkimDomains: ['askadmissionmail.co.uk'],
    envelopeDomains: ['askadmissionmail.co.uk'],
    sources: [mailCheckRules],
  },
  {
    id: 'govdelivery',
    name: 'Granicus govDelivery',
    dkimDomains: ['govdelivery.com'],
    envelopeDomains: ['govdelivery.com'],
    ptrDomains: ['govdelivery.com', 'granicus.com'],
    alignedDkim: 'yes',
    setUp: 'Ask Granicus support to enable DKIM for the sender domain and publish the records they give.',
    sources: [reverseNameMap, mailCheckRules],
  },
  {
    id: 'tyler-technologies',
    name: 'Tyler Technologies',
    dkimDomains: ['tylertech.com', 'egov.com'],
    envelopeDomains: ['tylertech.com', 'egov.com'],
    ptrDomains: ['tylertech.com', 'egov.com'],
    sources: [reverseNameMap],
  },
  {
    id: 'wpm-education',
    name: 'WPM Education',
    dkimDomains: ['wpmhost.net'],
    envelopeDomains: ['wpmhost.net'],
    alignedDkim: 'no',
    setUp: 'Only SPF can be set up, by the word of the list; ask the service for its include.',
    sources: [mailCheckRules],
  },
])
