/** Public lists in which facts about several services were looked up. */

/** Base domains of reverse names and who runs them (Apache-2.0). */
export const reverseNameMap = 'base_reverse_dns_map.csv of domainaware/parsedmarc'

/** Names and advice for providers of the Mail Check service of the UK's NCSC (Apache-2.0). */
export const mailCheckRules = 'ProviderRules.json of ukncsc'

/** Sending providers with their includes and documentation (MIT). */
export const providerCatalogue = 'providers_default.yaml of georgestarcher/dmarcgo'

/** Includes and selectors of mail providers. */
export const mailProviderList = 'MailProviders of JohnDuprey/DNSHealth'

/** Includes, selectors, d= and envelope domains as they stand in real zones and in headers of real mail. */
export const publishedZones = 'DNS zones and mail headers in public repositories'
