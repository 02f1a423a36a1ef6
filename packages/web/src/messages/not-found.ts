import { translator } from '../text/message.tsx'

export const notFoundText = translator({
  title: 'There is no such page',
  text: 'The address may be mistyped, or what it named was removed.',
  home: 'Go to Today',
})
