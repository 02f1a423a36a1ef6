import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { darkTokens, lightTokens, type Token } from './src/theme/tokens.ts'

/** The design tokens as a style sheet of the entry, so that the first paint has them: `import 'virtual:tokens.css'`. */
function tokenSheet(): Plugin {
  const id = 'virtual:tokens.css'
  const rule = (selector: string, scheme: string, tokens: Readonly<Record<Token, string>>) =>
    `${selector}{color-scheme:${scheme};${Object.entries(tokens)
      .map(([name, value]) => `--ll-${name}:${value}`)
      .join(';')}}`
  return {
    name: 'letterlock-tokens',
    resolveId: source => (source === id ? `\0${id}` : undefined),
    load: wanted =>
      wanted === `\0${id}`
        ? [
            rule(':root', 'light', lightTokens),
            rule(':root[data-mantine-color-scheme=dark]', 'dark', darkTokens),
            `@media print{${rule(':root,:root[data-mantine-color-scheme=dark]', 'light', lightTokens)}}`,
          ].join('\n')
        : undefined,
  }
}

export default defineConfig({
  plugins: [react(), tokenSheet()],
  // The server puts a fresh nonce in place of this word in every answer that carries index.html.
  html: { cspNonce: '__LETTERLOCK_NONCE__' },
  build: {
    target: 'es2023',
    manifest: true,
    // Nothing is inlined: the Content-Security-Policy allows no data: URL.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': 'http://127.0.0.1:8025' } },
})
