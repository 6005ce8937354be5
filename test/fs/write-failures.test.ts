import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory } from '../../src/index.js'
import { runScript } from '../support/child.js'
import { COMMIT_SCRIPT } from '../support/commit-script.js'
import { STRACE, tampering } from '../support/strace.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { isWhole } from '../support/whole.js'

let path: string
let directory: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = FSDirectory.open(path)
})

afterEach(() => {
  removeDirectory(path)
})

/** A commit; then, where that has failed, what the output says to every further call. */
const COMMIT = `${COMMIT_SCRIPT}
const outcome = (action) => {
  try {
    action()
    return 'no error'
  } catch (error) {
    return error.code
  }
}
const directory = lib.FSDirectory.open(process.argv[1])
let step, output
commit(directory, 'pending', 'final', (next, of) => {
  step = next
  output = of
}).then(
  () => say({ step }),
  ({ name, code, path, hints }) => say({
    step, name, code, path, hints,
    ...(output && step === 'write' && {
      later: [
        () => output.writeByte(1),
        () => output.writeInt(1),
        () => output.writeLong(1),
        () => output.writeBytes(new Uint8Array(100_000)),
        () => output.writeString('text'),
        () => output.getChecksum(),
        () => output.getFilePointer(),
        () => CodecUtil.writeFooter(output),
      ].map(outcome)
    }),
    ...(output && {
      closing: [() => output.close(), () => output.close()].map(outcome),
      closed: [
        () => output.writeByte(1),
        () => output.writeBytes(new Uint8Array(1)),
        () => output.getChecksum(),
      ].map(outcome),
    }),
  }),
)
`

interface Outcome {
  readonly step: string
  readonly name?: string
  readonly code?: string
  readonly path?: string
  readonly hints?: readonly string[]
  readonly later?: readonly string[]
  readonly closing?: readonly string[]
  readonly closed?: readonly string[]
}

/** Commits while system calls on the given file fail. */
async function commitWith(how: Readonly<Record<string, string>>, file: string): Promise<Outcome> {
  const wrapper = tampering(join(path, file), how)
  const { stdout, stderr, code } = await runScript(COMMIT, { args: [path], wrapper })
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return JSON.parse(stdout) as Outcome
}

describe.skipIf(!STRACE).each([
  ['EIO', []],
  ['ENOSPC', ['the disk is full']],
] as const)('when a system call fails with %s (needs strace)', (error, hints) => {
  const failure = (step: string, file: string): unknown =>
    expect.objectContaining({ step, name: 'StorageError', code: error, path: join(path, file), hints })

  it('a file that cannot be made is not there', async () => {
    expect(await commitWith({ openat: `error=${error}` }, 'pending')).toEqual(failure('create', 'pending'))
    expect(directory.listAll()).toEqual([])
  })

  it('an output stays failed after each of its writes, and the file has no valid footer', async () => {
    const steps: string[] = []
    const later: string[] = []
    for (let write = 1; ; write++) {
      const outcome = await commitWith({ write: `error=${error}:when=${write}` }, 'pending')
      if (outcome.step === 'done') break
      steps.push(outcome.step)
      expect(outcome).toEqual(failure(outcome.step, 'pending'))
      later.push(...(outcome.later ?? []))
      expect(outcome.closing).toEqual(['no error', 'no error'])
      expect(new Set(outcome.closed)).toEqual(new Set(['ERR_ALREADY_CLOSED']))
      expect(directory.listAll()).toEqual(['pending'])
      expect(isWhole(directory, 'pending')).toBe(false)
      directory.deleteFile('pending')
    }
    expect(later).toEqual(Array.from({ length: 5 * 8 }, () => error))
    // The header, three parts and the longs before the last buffer, which close() writes.
    expect(steps).toEqual(['write', 'write', 'write', 'write', 'write', 'close'])
    expect(isWhole(directory, 'final')).toBe(true)
  })

  it('close() says so, and is done with', async () => {
    const outcome = await commitWith({ close: `error=${error}` }, 'pending')
    expect(outcome).toEqual(failure('close', 'pending'))
    expect(outcome.closing).toEqual(['no error', 'no error'])
    expect(new Set(outcome.closed)).toEqual(new Set(['ERR_ALREADY_CLOSED']))
    expect(directory.listAll()).toEqual(['pending'])
  })

  it('sync() says so', async () => {
    expect(await commitWith({ fsync: `error=${error}` }, 'pending')).toEqual(failure('sync', 'pending'))
    expect(directory.listAll()).toEqual(['pending'])
  })

  it('rename() says so, and the file keeps its name', async () => {
    const how = { 'rename,renameat,renameat2': `error=${error}` }
    expect(await commitWith(how, 'pending')).toEqual(failure('rename', 'pending'))
    expect(directory.listAll()).toEqual(['pending'])
    expect(isWhole(directory, 'pending')).toBe(true)
  })

  it.each(['openat', 'fsync'])('syncMetaData() says so: %s', async (call) => {
    expect(await commitWith({ [call]: `error=${error}` }, '')).toEqual(failure('syncMetaData', ''))
    expect(directory.listAll()).toEqual(['final'])
    expect(isWhole(directory, 'final')).toBe(true)
  })
})

const RETRY = `${COMMIT_SCRIPT}
const directory = lib.FSDirectory.open(process.argv[1])
const sync = (...names) => directory.sync(names).then(() => 'no error', ({ code }) => code)
const write = (name) => {
  const output = directory.createOutput(name)
  writeBody(output)
  output.close()
}
const run = async () => {
  write('file')
  write('other')
  const codes = [await sync('file'), await sync('file'), await sync('other'), await sync('other', 'file')]
  directory.rename('file', 'renamed')
  codes.push(await sync('renamed'))
  directory.deleteFile('renamed')
  write('file')
  codes.push(await sync('file'))
  say(codes)
}
run()
`

describe.skipIf(!STRACE)('a file that could not be flushed (needs strace)', () => {
  it('is refused from then on, under any name, until it is written again', async () => {
    const { stdout, stderr } = await runScript(RETRY, {
      args: [path],
      env: { UV_THREADPOOL_SIZE: '1' }, // strace counts in each thread
      wrapper: tampering(join(path, 'file'), { fsync: 'error=EIO:when=1' }),
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(['EIO', 'EIO', 'no error', 'EIO', 'EIO', 'no error'])
  })
})

describe.skipIf(!STRACE)('what a system call answers (needs strace)', () => {
  it('a write of nothing fails instead of being tried for ever', async () => {
    const outcome = await commitWith({ write: 'retval=0:when=2' }, 'pending')
    expect(outcome).toMatchObject({ step: 'write', code: 'EIO', path: join(path, 'pending') })
    expect(isWhole(directory, 'pending')).toBe(false)
  })

  it('close() reports the write that failed, not the close that failed after it', async () => {
    const outcome = await commitWith({ write: 'error=ENOSPC:when=6', close: 'error=EIO' }, 'pending')
    expect(outcome).toMatchObject({ step: 'close', code: 'ENOSPC' })
  })
})
