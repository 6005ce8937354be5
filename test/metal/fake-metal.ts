import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { temporaryDirectory } from '../support/temporary.js'

// To be imported before anything that asks for the native part, in whose place it puts one with a Metal that
// is none: see test/metal/fake_metal.c.

const ROOT = join(import.meta.dirname, '..', '..')

/** Where it can be built. */
export const FAKE = process.platform === 'linux'

/** What processes have to have in their environment for it. */
export const FAKE_ENVIRONMENT: Record<string, string> = FAKE ? build() : {}

Object.assign(process.env, FAKE_ENVIRONMENT)

function build(): Record<string, string> {
  const named = process.env['FAKE_METAL_FOLDER']
  const folder = named ?? join(ROOT, 'coverage', 'metal')
  if (named === undefined) {
    execFileSync('make', ['--silent', '-j2', '-f', 'test/metal/Makefile', `OUT=${folder}`], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  return {
    MMAP_DIRECTORY_NATIVE: join(folder, 'native.node'),
    FAKE_METAL_LIBRARY: join(folder, 'fake-metal.so'),
    FAKE_METAL_LOG: join(temporaryDirectory(), 'log'),
  }
}

/** How the device is from now on: see test/metal/fake_metal.c. */
export function setDevice(settings: { refuse?: string; maxBuffer?: number } = {}): void {
  process.env['FAKE_METAL_REFUSE'] = settings.refuse ?? ''
  process.env['FAKE_METAL_MAX_BUFFER'] = settings.maxBuffer === undefined ? '' : String(settings.maxBuffer)
}

/** What the device was told since this was last asked. */
export function messages(): string[] {
  const log = FAKE_ENVIRONMENT['FAKE_METAL_LOG']!
  if (!existsSync(log)) return []
  const text = readFileSync(log, 'utf8')
  rmSync(log)
  return text.split('\n').filter((line) => line !== '')
}
