import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useReadOnly } from '../api/answers.ts'
import { importText } from '../messages/import.ts'
import { addFiles, useImports, whenImported } from './import-queue.ts'

const ImportPanel = lazy(() => import('./import-panel.tsx').then(module => ({ default: module.ImportPanel })))

/** Takes files and folders that are dropped anywhere on the page. */
export function DropTarget() {
  const [isOver, setOver] = useState(false)
  const client = useQueryClient()
  const isReadOnly = useReadOnly()
  const { isOpen } = useImports()
  useEffect(() => whenImported(() => void client.invalidateQueries()), [client])
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      if (!isReadOnly && event.dataTransfer) void droppedFiles(event.dataTransfer).then(addFiles)
    }
    document.addEventListener('dragover', onOver)
    document.addEventListener('dragleave', onLeave)
    document.addEventListener('drop', onDrop)
    return () => {
      document.removeEventListener('dragover', onOver)
      document.removeEventListener('dragleave', onLeave)
      document.removeEventListener('drop', onDrop)
    }
  }, [isReadOnly])
  return (
    <>
      {isOver && (
        <div className="drop-hint" role="status">
          {importText(isReadOnly ? 'readOnly' : 'drop')}
        </div>
      )}
      <Suspense>{isOpen && <ImportPanel />}</Suspense>
    </>
  )
}

/** The files of a drop, those of dropped folders included, in the order of their names. */
async function droppedFiles(transfer: DataTransfer): Promise<readonly File[]> {
  // Everything must be taken at once: the transfer is empty after the event. What has no entry is a plain file.
  const dropped = [...transfer.items].map(item => item.webkitGetAsEntry() ?? item.getAsFile())
  const found: File[] = []
  for (const item of dropped) {
    if (item instanceof File) found.push(item)
    else if (item !== null) await collect(item, found)
  }
  return found
}

async function collect(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    found.push(file)
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A reader gives a part of a large folder at a time, and nothing at the end.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return
    for (const child of part) await collect(child, found)
  }
}
