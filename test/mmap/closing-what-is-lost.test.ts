import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FileFaultError, type IndexInput, MMapDirectory } from '../../src/index.js'
import { pattern, write } from '../support/files.js'
import { CUTTABLE, EMULATED } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const LENGTH = 64 * 1024

let path: string
let input: IndexInput

beforeEach(() => {
  path = temporaryDirectory()
  const directory = MMapDirectory.open(path)
  write(directory, 'file', pattern(LENGTH))
  input = directory.openInput('file')
})

afterEach(() => {
  removeDirectory(path)
})

describe.skipIf(!CUTTABLE)('an input of a file that was cut', () => {
  beforeEach(() => {
    truncateSync(join(path, 'file'), 0)
  })

  it.skipIf(EMULATED)('is closed while it is being loaded: the load says that it was closed', async () => {
    const loading = input.load()
    expect(() => input.close()).toThrow(FileFaultError)
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  })

  it('has parts that are closed like any other, before and after the fault is known', () => {
    const before = input.clone()
    const after = [input.clone(), input.slice('slice', 0, 10)]
    before.close()
    expect(() => input.readByte()).toThrow(FileFaultError)
    for (const part of after) part.close()
    for (const part of [before, ...after]) {
      expect(() => part.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
      part.close()
    }
    expect(() => input.readByte()).toThrow(FileFaultError)
    input.close()
    expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })
})
