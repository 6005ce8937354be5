import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory } from '../../src/index.js'
import { NODES } from '../support/child.js'
import { pattern, write } from '../support/files.js'
import { survives } from '../support/safety.js'
import { STRACE, tampering } from '../support/strace.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

/** Opens a file with and without fallback, takes a view, and says what came of it: in both kinds of thread. */
const OPEN = `
const told = (error) => [error.name, error.code, error.errno ?? 0, error.hints.join().replace(/\\d+/g, 'N')]
const open = (lib, path) => {
  const attempt = (options) => {
    try {
      const input = lib.MMapDirectory.open(path, options).openInput('file')
      const { mapFailure } = input
      const said = [input.mapped, input.readInt(), mapFailure && [mapFailure.code, mapFailure.errno]]
      input.close()
      return said
    } catch (error) {
      return told(error)
    }
  }
  return [attempt({}), attempt({ fallback: false }), lib.mappingStats().mappings]
}
if (isMainThread) {
  const results = [open(lib, dir)]
  const source = 'const { isMainThread, parentPort, workerData } = require("node:worker_threads");' + workerSource
  const worker = new Worker(source, { eval: true, workerData: { dist, dir } })
  worker.once('message', (result) => say([...results, result]))
} else {
  parentPort.postMessage(open(require(workerData.dist + '/index.js'), workerData.dir))
}
`
const SCRIPT = `const { isMainThread, parentPort, workerData } = require('node:worker_threads')
const workerSource = ${JSON.stringify(OPEN)}
${OPEN}`

describe.skipIf(!STRACE).each(NODES)('a system that refuses (needs strace), %s', (node) => {
  let path: string

  beforeEach(() => {
    path = temporaryDirectory()
    write(FSDirectory.open(path), 'file', pattern(10_000))
  })

  afterEach(() => {
    removeDirectory(path)
  })

  const refused = (call: string, errno: string): Promise<unknown> =>
    survives(SCRIPT, {
      args: [path],
      node,
      env: { NODE_NO_WARNINGS: '1' },
      wrapper: tampering(join(path, 'file'), { [call]: `error=${errno}` }),
    })

  it.each([
    ['ENOMEM', -12],
    ['EAGAIN', -11],
    ['ENODEV', -19],
    ['EOVERFLOW', -75],
    ['EACCES', -13],
    ['EPERM', -1],
  ])('to map with %s has the file read, or is an error', async (name, errno) => {
    const error = ['MapFailedError', 'ERR_MAP_FAILED', errno, expect.any(String)]
    const value = Buffer.from(pattern(4)).readInt32LE()
    const all = [[false, value, ['ERR_MAP_FAILED', errno]], error, 0]
    expect(await refused('mmap', name)).toEqual([all, all])
  })

  it.each([
    ['mmap', 'ENFILE', -23, 'the system has as many files open as it may: see sysctl fs.file-max'],
    [
      'fcntl',
      'EMFILE',
      -24,
      'this process has as many files open as it may, N: close what is done, or raise ulimit -n',
    ],
  ])('a descriptor (%s: %s) is the error that opening it would be', async (call, name, errno, hint) => {
    const error = ['StorageError', name, errno, hint]
    expect(await refused(call, name)).toEqual([
      [error, error, 0],
      [error, error, 0],
    ])
  })
})
