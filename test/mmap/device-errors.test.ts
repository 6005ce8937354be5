import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory } from '../../src/index.js'
import { runScript } from '../support/child.js'
import { pattern, write } from '../support/files.js'
import { STRACE, tampering } from '../support/strace.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const READ = `
const [, path] = process.argv
const input = lib.MMapDirectory.open(path).openInput('file')
const outcome = (action) => {
  try {
    action()
    return 'no error'
  } catch (error) {
    return error.code
  }
}
const codes = [
  () => input.readBytes(new Uint8Array(100_000)),
  () => input.checkFault(),
  () => input.close(),
  () => input.close(),
  () => input.readByte(),
].map(outcome)
setTimeout(() => console.log(JSON.stringify([...codes, mapsOf(path + '/file').length])), 50)
`

describe.skipIf(!STRACE)('a mapped file whose length cannot be asked any more (needs strace)', () => {
  let path: string

  beforeEach(() => {
    path = temporaryDirectory()
    write(FSDirectory.open(path), 'file', pattern(200_000))
  })

  afterEach(() => {
    removeDirectory(path)
  })

  it('is an error with the code of the system, and is unmapped by close()', async () => {
    const { stdout, stderr } = await runScript(READ, {
      args: [path],
      wrapper: tampering(join(path, 'file'), { lseek: 'error=EIO' }),
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(['EIO', 'EIO', 'EIO', 'no error', 'ERR_ALREADY_CLOSED', 0])
  })
})
