import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { program } from './run-command.ts'

const page = readFileSync(fileURLToPath(new URL('../docs/verify.md', import.meta.url)), 'utf8')
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(match => match[1] ?? '')

/** The blocks as one script; a command with `# exit N` tells its code in place of ending the script. */
function scriptOf(): { readonly script: string; readonly wanted: readonly string[] } {
  const wanted: string[] = []
  const lines = blocks
    .join('')
    .split('\n')
    .map(line => {
      const told = /^(.*?)\s*# exit (\d+)$/.exec(line)
      if (told === null) return line
      wanted.push(told[2] ?? '')
      return `{ ${told[1]}; } >/dev/null; echo "$?"`
    })
  const start = 'letterlock() { "$NODE" "$PROGRAM" "$@"; }'
  return { script: [start, ...lines].join('\n'), wanted }
}

test('the commands of docs/verify.md do what the page says', () => {
  const { script, wanted } = scriptOf()
  expect(wanted.length).toBeGreaterThan(9)
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-docs-'))
  try {
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', NODE: process.execPath, PROGRAM: program },
    })
    expect(stderr).not.toMatch(/^error/m)
    expect(stdout.trim().split('\n')).toEqual(wanted)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
