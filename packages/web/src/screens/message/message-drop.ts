import { useEffect, useRef, useState } from 'react'

/**
 * Takes one file that is dropped anywhere on this screen, before the import of reports sees it. True while a file is
 * over the page.
 */
export function useMessageDrop(onFile: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false)
  const take = useRef(onFile)
  take.current = onFile
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
    const own = (event: DragEvent, isOverNow: boolean) => {
      if (!hasFiles(event)) return false
      event.preventDefault()
      // The rest of the page imports what is dropped.
      event.stopImmediatePropagation()
      setOver(isOverNow)
      return true
    }
    const onOver = (event: DragEvent) => void own(event, true)
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) own(event, false)
    }
    const onDrop = (event: DragEvent) => {
      const [file] = event.dataTransfer?.files ?? []
      if (own(event, false) && file !== undefined) take.current(file)
    }
    const options = { capture: true }
    window.addEventListener('dragover', onOver, options)
    window.addEventListener('dragleave', onLeave, options)
    window.addEventListener('drop', onDrop, options)
    return () => {
      window.removeEventListener('dragover', onOver, options)
      window.removeEventListener('dragleave', onLeave, options)
      window.removeEventListener('drop', onDrop, options)
    }
  }, [])
  return isOver
}
