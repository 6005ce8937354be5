import { describe, it } from 'vitest'

import { runDirectorySuite } from '../../src/testing/index.js'
import type { DirectoryKind } from './directories.js'

/** Runs the suite that is exported on directories of these kinds. */
export function runSuites(kinds: readonly DirectoryKind[]): void {
  for (const { name, supports, power, root, open } of kinds) {
    runDirectorySuite({
      name,
      create: open,
      supports,
      describe,
      it,
      ...(power === undefined ? {} : { boundary: 2 ** power }),
      ...(root === undefined ? {} : { temporaryDirectory: root }),
    })
  }
}
