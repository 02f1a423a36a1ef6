import { translator } from '../text/message.tsx'

/** The list of keys and the palette. */
export const keyText = translator({
  title: 'Keys',
  search: 'Search, and go anywhere',
  help: 'This list',
  next: 'Next row',
  previous: 'Previous row',
  open: 'Open the row',
  filter: 'Filter the list',
  export: 'Export the table or chart',
  close: 'Close a panel or dialog',
  goTo: 'Go to {screen}',
  or: 'or',
  thenKey: 'then',
  paletteTitle: 'Search',
  paletteField: 'Domain, sender, address, reporter, report id, or a screen',
  screens: 'Screens',
  actions: 'Actions',
  importFiles: 'Import files',
  nothing: 'Nothing is named like "{text}".',
  domain: 'Domain',
  sender: 'Sender',
  source: 'Address',
  reporter: 'Reporter',
  report: 'Report',
  name: 'Name in mail',
})
