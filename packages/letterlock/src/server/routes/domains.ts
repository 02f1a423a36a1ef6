import {
  addDomainRoute,
  changeDomainRoute,
  domainRoute,
  domainsRoute,
  removeDomainRoute,
  selectorsRoute,
} from '@letterlock/contract'
import { domainView } from '../../views/domain.ts'
import { domainsView, keptDomains } from '../../views/domain-rows.ts'
import { selectorsView } from '../../views/selectors.ts'
import { offsetCursor, readOffset } from '../cursor.ts'
import { type ServerDeps, viewContext } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat, limitOf } from '../page.ts'
import { ProblemError } from '../problem.ts'
import { type Columns, onePiece, tableResponse } from '../table.ts'
import { addDomain, changeDomain, domainIdOf } from '../writes/domains.ts'

const domainColumns: Columns = [
  'name',
  'type',
  'tags',
  'isTracked',
  'policy.rfc9989',
  'policy.rfc7489',
  'messages',
  'outcome.aligned',
  'outcome.broken',
  'outcome.unauthenticated',
  'outcome.third-party',
  'outcome.forwarded',
  'outcome.unknown',
  'senders',
  'reporters',
  'firstDay',
  'newestDay',
  'tls.successful',
  'tls.failed',
]

const selectorColumns: Columns = [
  'domain',
  'selector',
  'messages',
  'pass',
  'fail',
  'other',
  'firstDay',
  'lastDay',
  'reporters',
]

/** The list of domains and what a person changes in it. */
export function domainRoutes(api: Api, deps: ServerDeps): void {
  const unknownDomain = () => new ProblemError('not-found', 'There is no such domain here.')
  endpoint(api, domainsRoute, async ({ query }) => {
    const isTracked = query.tracked === undefined ? undefined : query.tracked === 'yes'
    const answer = await domainsView(await viewContext(deps, query), {
      tag: query.tag,
      type: query.type,
      isTracked,
      text: query.text,
      sort: query.sort ?? 'messages',
      direction: query.direction,
      offset: readOffset('domains', query.cursor),
      limit: limitOf(query),
    })
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, { name: 'domains', columns: domainColumns, rows: onePiece(answer.data.domains) })
    return json({ ...answer, data: { ...answer.data, nextCursor: offsetCursor('domains', answer.data.nextCursor) } })
  })
  endpoint(api, addDomainRoute, async ({ body }) => {
    const { entry, isNew } = await addDomain(deps.store, body, deps.now())
    deps.events.changed({ what: 'domain added' })
    return json(entry, isNew ? 201 : 200)
  })
  endpoint(api, domainRoute, async ({ params, query }) => {
    const context = await viewContext(deps, { ...query, domain: [params.domain] })
    const [domain] = context.scope.domains?.length === 1 ? await keptDomains(context) : []
    if (domain === undefined) throw unknownDomain()
    return json(await domainView(context, domain))
  })
  endpoint(api, selectorsRoute, async ({ params, query }) => {
    const context = await viewContext(deps, { ...query, domain: [params.domain] })
    if (context.scope.domains?.length !== 1) throw unknownDomain()
    const answer = await selectorsView(context, params.domain)
    const format = fileFormat(query)
    if (format === null) return json(answer)
    return tableResponse(format, {
      name: 'selectors',
      columns: selectorColumns,
      rows: onePiece(answer.data.selectors),
    })
  })
  endpoint(api, changeDomainRoute, async ({ params, body }) => {
    const entry = await changeDomain(deps.store, params.domain, body)
    if (entry === null) throw unknownDomain()
    deps.events.changed({ what: 'domain changed' })
    return json(entry)
  })
  endpoint(api, removeDomainRoute, async ({ params }) => {
    const id = await domainIdOf(deps.store.read, params.domain)
    if (id === null) throw unknownDomain()
    const { reports, rows } = await deps.store.removeDomain(id)
    deps.events.changed({ what: 'domain removed' })
    return json({ reports, rows })
  })
}
