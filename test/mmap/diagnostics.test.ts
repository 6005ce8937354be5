import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { runs as runScript, survives } from '../support/safety.js'
import { CUTTABLE } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

describe.each(THREADS)('what happens to files can be watched, %s, %s', (node, thread) => {
  const WATCHED = `
    const { subscribe } = require('node:diagnostics_channel')
    const events = []
    for (const what of ['open', 'map', 'unmap', 'fallback', 'fault']) {
      subscribe('mmap-directory:' + what, ({ path, length, address, error }) =>
        events.push([what, path.slice(dir.length + 1).replace(/\\d+-/, ''), length, /^0x[0-9a-f]+$/.test(address), error?.code ?? '']))
    }
    const lost = make(Buffer.alloc(10_000, 7))
    const directory = lib.MMapDirectory.open(dir)
    const input = directory.openInput(lost)
    input.readByte()
    const during = [directory.stats(), lib.mappingStats()]
    fs.truncateSync(join(dir, lost), 0)
    input.seek(5000)
    outcome(() => input.readByte())
    outcome(() => input.readByte())
    input.close()
    lib.setMappingLimit(0)
    const read = directory.openInput(make(Buffer.alloc(5, 7)))
    read.close()
    const after = [directory.stats(), lib.mappingStats()]
  `

  it.skipIf(!CUTTABLE)('on channels and by counts', async () => {
    const all = await survives(`${WATCHED}; say({ events, during, after })`, {
      args: [path],
      node,
      thread,
      env: { NODE_NO_WARNINGS: '1' },
    })
    const stats = { windows: 0, faults: 0, unclosed: 0, leftBehind: 0, pins: 0, fallbacks: 0, limit: 49152 }
    expect(all).toEqual({
      events: [
        ['open', 'file0', 10_000, false, ''],
        ['map', 'file0', 10_000, true, ''],
        ['fault', 'file0', 10_000, true, 'ERR_FILE_FAULT'],
        ['unmap', 'file0', 10_000, true, ''],
        ['open', 'file1', 5, false, ''],
        ['fallback', 'file1', 5, false, 'ERR_MAP_FAILED'],
      ],
      during: [
        { mapped: 1, mappedBytes: 10_000, fallbacks: 0 },
        { ...stats, mappings: 1, bytes: 10_000, windows: 1 },
      ],
      after: [
        { mapped: 0, mappedBytes: 0, fallbacks: 1 },
        expect.objectContaining({ windows: 0, faults: 1, unclosed: 0, fallbacks: 1, limit: 0 }) as object,
      ],
    })
  })

  it.skipIf(!CUTTABLE)('by lines where NODE_DEBUG asks for them', async () => {
    const { code, stderr } = await runScript(WATCHED, {
      args: [path],
      node,
      thread,
      env: { NODE_DEBUG: 'mmap-directory', NODE_NO_WARNINGS: '1' },
    })
    const lines = stderr.split('\n').filter((line) => line.startsWith('MMAP-DIRECTORY'))
    const place = `${join(path, 'file').replaceAll('\\', '\\\\')}\\d+-\\d`
    expect(code).toBe(0)
    expect(lines).toHaveLength(6)
    expect(lines[1]).toMatch(new RegExp(`map ${place}: 10000 bytes at 0x[0-9a-f]+$`))
    expect(lines[2]).toMatch(new RegExp(`fault ${place}: 10000 bytes at 0x[0-9a-f]+: A page`))
    expect(lines[5]).toMatch(new RegExp(`fallback ${place}: 5 bytes: Map failed`))
  })

  it('by the number of inputs that nobody closed', async () => {
    const all = await survives(
      `
      const drop = () => {
        const directory = lib.MMapDirectory.open(dir)
        const name = make(Buffer.alloc(10_000, 7))
        for (let i = 0; i < 7; i++) directory.openInput(name).readByte()
        for (let i = 0; i < 3; i++) directory.openInput(name).close()
      }
      const run = async () => {
        drop()
        await collected(() => lib.mappingStats().mappings === 0)
        say([lib.mappingStats().unclosed, lib.mappingStats().windows, lib.mappingStats().bytes])
      }
      run().catch(fail)`,
      { args: [path], node, thread, nodeOptions: ['--expose-gc'] },
    )
    expect(all).toEqual([7, 0, 0])
  })

  it.skipIf(!CUTTABLE)('by listeners that use what they hear of', async () => {
    const all = await survives(
      `
      const { subscribe } = require('node:diagnostics_channel')
      const directory = lib.MMapDirectory.open(dir)
      const name = make(Buffer.alloc(10_000, 7))
      let input
      const heard = []
      for (const what of ['map', 'unmap', 'fault']) {
        subscribe('mmap-directory:' + what, () => {
          if (heard.length > 20) return
          heard.push(what + ' ' + outcome(() => input?.checkFault()))
        })
      }
      input = directory.openInput(name)
      fs.truncateSync(join(dir, name), 0)
      const said = outcome(() => input.readByte())
      say([said, outcome(() => input.close()), heard])`,
      { args: [path], node, thread },
    )
    const fault = 'FileFaultError ERR_FILE_FAULT'
    expect(all).toEqual([
      fault,
      'no error',
      ['map no error', `fault ${fault}`, 'unmap AlreadyClosedError ERR_ALREADY_CLOSED'],
    ])
  })
})
