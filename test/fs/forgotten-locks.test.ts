import { afterEach, beforeEach, expect, it } from 'vitest'

import { runScript } from '../support/child.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string
beforeEach(() => {
  path = temporaryDirectory()
})
afterEach(() => removeDirectory(path))

it('a lock that nobody refers to any more is still held', async () => {
  const { code, stdout, stderr } = await runScript(
    `
    const directory = lib.FSDirectory.open(process.argv[1])
    const take = () => { directory.obtainLock('write.lock') }
    take()
    ;(async () => {
      for (let i = 0; i < 5; i++) {
        gc()
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      try {
        directory.obtainLock('write.lock')
        console.log('taken again')
      } catch (error) {
        console.log(error.code)
      }
    })()
    `,
    { args: [path], nodeOptions: ['--expose-gc'] },
  )
  expect({ code, stdout: stdout.trim(), stderr }).toEqual({
    code: 0,
    stdout: 'ERR_LOCK_OBTAIN_FAILED',
    stderr: '',
  })
})
