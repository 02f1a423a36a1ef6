import type { AddSourceBody } from '@letterlock/contract'
import { sourcesText } from '../../messages/sources.ts'
import { AddForm, textOf } from './add-form.tsx'

function bodyOf(data: FormData): AddSourceBody {
  return {
    kind: 'folder',
    name: textOf(data, 'name'),
    config: { path: textOf(data, 'path'), pollSeconds: Number(textOf(data, 'poll')) },
  }
}

export function AddFolder({ onClose }: { readonly onClose: () => void }) {
  return (
    <AddForm title={sourcesText('addFolder')} bodyOf={bodyOf} onClose={onClose}>
      <label>
        {sourcesText('path')}
        <input className="field" name="path" required />
      </label>
      <label>
        {sourcesText('poll')}
        <input className="field" name="poll" type="number" required min={5} max={86400} defaultValue={60} />
      </label>
    </AddForm>
  )
}
