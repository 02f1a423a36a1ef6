import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { resolveConfiguration } from './resolve.ts'
import { readSecretFile } from './secret-file.ts'
import { environmentName, settings } from './settings.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

function resolve(environment: Record<string, string> = {}, flags: Record<string, string> = {}, file?: string) {
  return resolveConfiguration({
    environment: { HOME: join(folder, 'home'), XDG_CONFIG_DIRS: join(folder, 'system'), ...environment },
    workingDirectory: join(folder, 'work'),
    flags: { file, settings: new Map(Object.entries(flags)) },
  })
}

function listen(...input: Parameters<typeof resolve>): string {
  const result = resolve(...input)
  return result.ok ? `${result.value.values.listen} ${result.value.origins.get('listen')?.from}` : result.text
}

describe('configuration', () => {
  test('nothing is needed: every setting has a default that fits its own schema', () => {
    const result = resolve()
    expect(result).toMatchObject({ ok: true, value: { files: [] } })
    if (result.ok) expect(result.value.values.data).toBe(join(folder, 'work', 'letterlock-data'))
    for (const setting of Object.values(settings)) expect(setting.schema.safeParse(setting.default).success).toBe(true)
  })

  test('flag before environment before project, user and system file', () => {
    put('system/letterlock/letterlock.yaml', 'listen: 127.0.0.1:1\n')
    expect(listen()).toBe('127.0.0.1:1 file')
    put('home/.config/letterlock/letterlock.yaml', 'listen: 127.0.0.1:2\n')
    expect(listen()).toBe('127.0.0.1:2 file')
    put('xdg/letterlock/letterlock.yaml', 'listen: 127.0.0.1:3\n')
    expect(listen({ XDG_CONFIG_HOME: join(folder, 'xdg') })).toBe('127.0.0.1:3 file')
    put('work/letterlock.yaml', 'listen: 127.0.0.1:4\n')
    expect(listen()).toBe('127.0.0.1:4 file')
    expect(listen({ LETTERLOCK_LISTEN: '127.0.0.1:5' })).toBe('127.0.0.1:5 environment')
    expect(listen({ LETTERLOCK_LISTEN: '127.0.0.1:5' }, { listen: '127.0.0.1:6' })).toBe('127.0.0.1:6 flag')
  })

  test('a named file is the only one', () => {
    put('work/letterlock.yaml', 'log: { level: debug }\n')
    const named = put('named.yaml', 'listen: 127.0.0.1:7\n')
    const result = resolve({}, {}, named)
    expect(result).toMatchObject({ ok: true, value: { files: [named], values: { 'log.level': 'info' } } })
    expect(resolve({}, {}, 'nowhere.yaml')).toMatchObject({ ok: false, text: expect.stringContaining('nowhere.yaml') })
    expect(listen({ LETTERLOCK_CONFIG: named })).toBe('127.0.0.1:7 file')
  })

  test('nested and dotted keys, lists, numbers and truth values', () => {
    put(
      'work/letterlock.yaml',
      'database:\n  url: postgres://db/letterlock\nintake.threads: 2\nallowed-hosts: [a.example]\n',
    )
    const result = resolve({
      LETTERLOCK_SENDERS_REVERSE_NAMES: 'false',
      LETTERLOCK_ALLOWED_HOSTS: 'b.example, c.example',
    })
    expect(result).toMatchObject({
      ok: true,
      value: {
        values: {
          'database.url': 'postgres://db/letterlock',
          'intake.threads': 2,
          'senders.reverse-names': false,
          'allowed-hosts': ['b.example', 'c.example'],
        },
      },
    })
  })

  test('a mistake is named with its place, and what was probably meant', () => {
    const file = put('work/letterlock.yaml', 'lisen: 127.0.0.1:1\n')
    expect(listen()).toBe(`${file}: unknown setting lisen; did you mean listen?`)
    put('work/letterlock.yaml', 'listen: nowhere\n')
    expect(listen()).toBe(`${file}: listen: must be HOST:PORT, such as 127.0.0.1:8480`)
    put('work/letterlock.yaml', 'listen: [\n')
    expect(listen()).toContain(`${file}: `)
    put('work/letterlock.yaml', 'just text\n')
    expect(listen()).toBe(`${file}: must be a map of settings`)
    put('work/letterlock.yaml', '')
    expect(listen({ LETTERLOCK_LISTN: 'x' })).toBe('unknown variable LETTERLOCK_LISTN; did you mean LETTERLOCK_LISTEN?')
    expect(listen({ LETTERLOCK_SENDERS_REVERSE_NAMES: 'maybe' })).toContain('must be true or false')
    expect(listen({ LETTERLOCK_INTAKE_THREADS: '0' })).toContain('LETTERLOCK_INTAKE_THREADS: ')
  })

  test('relative paths start at the folder of their file, or at the working directory', () => {
    put('home/.config/letterlock/letterlock.yaml', 'data: ./mine\n')
    const fromFile = resolve()
    expect(fromFile).toMatchObject({
      ok: true,
      value: { values: { data: join(folder, 'home/.config/letterlock/mine') } },
    })
    const fromFlag = resolve({}, { data: 'mine' })
    expect(fromFlag).toMatchObject({ ok: true, value: { values: { data: join(folder, 'work/mine') } } })
  })

  test('every setting has a variable of its own', () => {
    const names = Object.keys(settings).map(environmentName)
    expect(new Set(names).size).toBe(names.length)
  })

  test('the file of defaults in the documentation is a valid file', () => {
    const nested: Record<string, unknown> = {}
    for (const [name, setting] of Object.entries(settings)) nested[name] = setting.default
    put('work/letterlock.yaml', JSON.stringify(nested))
    expect(parse(JSON.stringify(nested))).toEqual(nested)
    expect(resolve().ok).toBe(true)
  })
})

describe('files of secrets', () => {
  test('one that others may read is refused; one line end does not belong to the secret', () => {
    const path = put('password', 'pass word\n')
    chmodSync(path, 0o640)
    expect(readSecretFile(path)).toMatchObject({ ok: false, text: expect.stringContaining('chmod 600') })
    chmodSync(path, 0o600)
    expect(readSecretFile(path)).toEqual({ ok: true, value: 'pass word' })
    chmodSync(path, 0o400)
    expect(readSecretFile(path).ok).toBe(true)
    const empty = put('empty', '\n')
    chmodSync(empty, 0o600)
    expect(readSecretFile(empty)).toMatchObject({ ok: false })
    expect(readSecretFile(join(folder, 'nowhere'))).toMatchObject({ ok: false })
  })
})
