import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'

import { temporaryDirectory } from './temporary.js'

export const PROJECT = join(import.meta.dirname, '../..')

/** A folder with these parts of the project, without binaries. */
export function projectCopy(...parts: readonly string[]): string {
  const folder = temporaryDirectory()
  for (const part of parts) {
    cpSync(join(PROJECT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.endsWith('.node'),
    })
  }
  return folder
}

/** What the native part is made of, and what packs it. */
export const NATIVE_PARTS = ['native', 'prebuilds', 'binding.gyp', 'package.json', 'package-lock.json']

/** What a script of such a folder comes to. */
export function runScriptIn(folder: string, script: string, ...options: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, script), ...options], {
    encoding: 'utf8',
  })
  return { status, stderr }
}
