import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { hintsOf } from '../../src/fs/fs-errors.js'
import { nativePartHints, whyNoNativePart } from '../../src/native.js'
import { loadedAnew } from '../support/loaded-anew.js'
import { replace, restoreReplaced } from '../support/replaced.js'

const NAMED = import.meta.filename
const REFUSED = Object.assign(new Error('cannot be loaded'), { code: 'ERR_DLOPEN_FAILED' })
const LACKING = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })

beforeEach(() => {
  replace(process.env, { MMAP_DIRECTORY_NATIVE: NAMED })
})

afterEach(restoreReplaced)

/** What comes of it where the first of so many attempts fail, and how many there were. */
async function loading(failures: number): Promise<{ exports?: unknown; error?: unknown; attempts: number }> {
  let attempts = 0
  const dlopen = (module: { exports: unknown }): void => {
    if (attempts++ < failures) throw REFUSED
    module.exports = 'loaded'
  }
  replace(process, { dlopen: dlopen as typeof process.dlopen })
  const { loadNativeFile } = await loadedAnew<typeof import('../../src/native-file.js')>('native-file')
  try {
    return { exports: loadNativeFile(), attempts }
  } catch (error) {
    return { error, attempts }
  }
}

describe('loading the native part', () => {
  it('is tried again where the file can be opened by then, as a lack of descriptors passes', async () => {
    expect(await loading(1)).toEqual({ exports: 'loaded', attempts: 2 })
  })

  it('fails with what the system says where it does so again', async () => {
    expect(await loading(2)).toEqual({ error: REFUSED, attempts: 2 })
  })

  it('fails with the lack of descriptors where there is none', async () => {
    const openSync = (): never => {
      throw LACKING
    }
    replace(fs, { openSync })
    expect(await loading(1)).toEqual({ error: LACKING, attempts: 1 })
  })
})

describe('what is said of a native part that cannot be loaded', () => {
  it('is about descriptors where these are missing', () => {
    expect(nativePartHints(LACKING)).toEqual(hintsOf('EMFILE'))
  })

  it('names the file that the program has named', () => {
    expect(nativePartHints(REFUSED)).toEqual([expect.stringContaining(NAMED)])
  })

  it('is one line, however the system ends lines', () => {
    expect(whyNoNativePart(new Error('Not found.\r\nC:\\native.node'))).toBe('Not found.')
    expect(whyNoNativePart(new Error('Of another version.\nOf this one.'))).toBe('Of another version.')
  })
})
