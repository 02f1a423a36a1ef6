import { Empty } from '../components/empty.tsx'
import { Head } from '../components/head.tsx'
import { notFoundText } from '../messages/not-found.ts'
import { ScopeLink } from '../scope/scope-link.tsx'

export function NotFound() {
  return (
    <>
      <Head title={notFoundText('title')} />
      <Empty
        action={
          <ScopeLink to="/" className="btn">
            {notFoundText('home')}
          </ScopeLink>
        }
      >
        {notFoundText('text')}
      </Empty>
    </>
  )
}
