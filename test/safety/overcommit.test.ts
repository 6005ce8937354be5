import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { survives } from '../support/safety.js'
import { sparseFile } from '../support/sparse-file.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const SETTING = '/proc/sys/vm/overcommit_memory'

/** The setting is one of the whole machine, for which a program of tests should not decide. */
const ALLOWED = process.env['MMAP_DIRECTORY_OVERCOMMIT'] === '1' && process.getuid?.() === 0

const path = temporaryDirectory()

beforeAll(() => {
  sparseFile(join(path, 'file'), 200 * 2 ** 30, new Map([[5_000, Buffer.from('marked')]]))
})

afterAll(() => {
  removeDirectory(path)
})

describe.skipIf(!ALLOWED).each(NODES)(
  'where the system promises no memory that it has not (needs MMAP_DIRECTORY_OVERCOMMIT=1, and root), %s',
  (node) => {
    it('files are mapped, and views are where their pages would fit, or are an error with a hint', async () => {
      const before = readFileSync(SETTING, 'latin1')
      try {
        const all = await survives(
          `
          const setting = ${JSON.stringify(SETTING)}
          const { constants } = require('node:buffer')
          const input = lib.MMapDirectory.open(dir).openInput('file')
          fs.writeFileSync(setting, '2')
          const results = {}
          try {
            const second = lib.MMapDirectory.open(dir, { fallback: false }).openInput('file')
            second.seek(5000)
            results.second = [second.mapped, String.fromCharCode(second.readByte())]
            const view = second.view(5000, 2 ** 20, { copy: 'never' })
            view[1] = 65
            results.small = Buffer.from(view.buffer, view.byteOffset, 3).toString()
            const length = Math.min(100 * 2 ** 30, constants.MAX_LENGTH - 8192)
            results.fits = length * 2 < 1024 * Number(fs.readFileSync('/proc/meminfo', 'latin1').match(/CommitLimit:\\s+(\\d+)/)[1])
            for (const copy of ['never', 'allow']) {
              try {
                results[copy] = input.view(0, length, { copy }).length === length
              } catch (error) {
                results[copy] = [error.code, error.errno, /vm.overcommit_memory is 2/.test(error.hints)]
              }
            }
          } finally {
            fs.writeFileSync(setting, ${JSON.stringify(before.trim())})
          }
          say(results)`,
          { args: [path], node },
        )
        const { fits, ...results } = all as { fits: boolean }
        const large = fits ? true : ['ERR_MAP_FAILED', -12, true]
        expect(results).toEqual({ second: [true, 'm'], small: 'mAr', never: large, allow: large })
      } finally {
        writeFileSync(SETTING, before)
      }
    })
  },
)
