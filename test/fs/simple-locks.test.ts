import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  FSDirectory,
  LockObtainFailedError,
  LockReleaseFailedError,
  SimpleFSLockFactory,
} from '../../src/index.js'
import { NODES, runScript } from '../support/child.js'
import { runs } from '../support/programs.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { SYMBOLIC_LINKS } from '../support/systems.js'

let path: string
let directory: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = FSDirectory.open(path, { lockFactory: SimpleFSLockFactory.INSTANCE })
})

afterEach(() => {
  removeDirectory(path)
})

const lockFile = (): string => join(path, 'write.lock')

function refusal(): LockObtainFailedError {
  try {
    directory.obtainLock('write.lock').close()
  } catch (error) {
    if (error instanceof LockObtainFailedError) return error
    throw error
  }
  throw new Error('the lock was obtained')
}

const ATTEMPT = `
  const directory = lib.FSDirectory.open(process.argv[1], { lockFactory: lib.SimpleFSLockFactory.INSTANCE })
  try {
    globalThis.lock = directory.obtainLock('write.lock')
    lock.ensureValid()
    console.log('obtained', process.pid)
  } catch (error) {
    console.log(error.code)
  }`

it('is held as long as its file exists', () => {
  const lock = directory.obtainLock('write.lock')
  expect(existsSync(lockFile())).toBe(true)
  lock.ensureValid()
  expect(refusal()).toMatchObject({ code: 'ERR_LOCK_OBTAIN_FAILED', path: lockFile() })
  expect(refusal().cause).toMatchObject({ code: 'EEXIST' })
  lock.ensureValid()
  lock.close()
  expect(directory.listAll()).toEqual([])
  lock.close()
  expect(() => lock.ensureValid()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  directory.obtainLock('write.lock')[Symbol.dispose]()
  expect(directory.listAll()).toEqual([])
})

describe.each(NODES)('between processes, %s', (node) => {
  it('has one holder', async () => {
    const lock = directory.obtainLock('write.lock')
    expect((await runScript(ATTEMPT, { args: [path], node })).stdout.trim()).toBe('ERR_LOCK_OBTAIN_FAILED')
    lock.ensureValid()
    lock.close()
    expect((await runScript(`${ATTEMPT}; lock.close()`, { args: [path], node })).stdout).toMatch(/^obtained/)
    directory.obtainLock('write.lock').close()
  })

  it('is not broken when its holder has ended, and names it', async () => {
    const { stdout } = await runScript(`${ATTEMPT}; process.kill(process.pid, 'SIGKILL')`, {
      args: [path],
      node,
    })
    const pid = stdout.trim().split(' ')[1]
    const { hints, message } = refusal()
    expect(hints).toEqual([
      `by process ${pid} on this host, which does not run any more: if no program uses the index, remove the file`,
    ])
    expect(message).toContain(`Lock held elsewhere: ${lockFile()}`)
    expect(existsSync(lockFile())).toBe(true)
    rmSync(lockFile())
    directory.obtainLock('write.lock').close()
  })
})

it('keeps out a worker thread, which leaves its lock when it ends', async () => {
  const worker = `
    const { parentPort, workerData } = require('node:worker_threads')
    const lib = require(workerData.dist + '/index.js')
    const lockFactory = lib.SimpleFSLockFactory.INSTANCE
    try {
      lib.FSDirectory.open(workerData.path, { lockFactory }).obtainLock('write.lock')
      parentPort.postMessage('obtained')
    } catch (error) {
      parentPort.postMessage(error.code + ' ' + error.hints)
    }`
  const main = `
    const { Worker } = require('node:worker_threads')
    const { once } = require('node:events')
    const path = process.argv[1]
    const lockFactory = lib.SimpleFSLockFactory.INSTANCE
    const attempt = async () => {
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData: { dist, path } })
      const [said] = await once(worker, 'message')
      await worker.terminate()
      return said
    }
    const all = async () => {
      const directory = lib.FSDirectory.open(path, { lockFactory })
      const lock = directory.obtainLock('write.lock')
      console.log(await attempt())
      lock.close()
      console.log(await attempt())
      console.log(await attempt())
    }
    all()`
  const { stdout, stderr } = await runScript(main, { args: [path] })
  expect({ lines: stdout.trim().split('\n'), stderr }).toEqual({
    lines: ['ERR_LOCK_OBTAIN_FAILED by this process', 'obtained', 'ERR_LOCK_OBTAIN_FAILED by this process'],
    stderr: '',
  })
})

describe('the holder', () => {
  const unknown = 'the file does not say by whom; if no program uses the index, remove it'
  it.each([
    ['nothing, as a JVM writes it', '', unknown],
    ['something else', 'not JSON', unknown],
    ['no object', 'null', unknown],
    ['no process', JSON.stringify({ pid: -1, host: hostname() }), unknown],
    ['no number', JSON.stringify({ pid: '1', host: hostname() }), unknown],
    ['no host', JSON.stringify({ pid: 1, host: 'a host\u001b[31m' }), unknown],
    ['too much', ' '.repeat(5_000) + JSON.stringify({ pid: 1, host: 'host' }), unknown],
    [
      'another host',
      JSON.stringify({ pid: 7, host: 'elsewhere.test' }),
      'by process 7 on elsewhere.test, as the file says',
    ],
    [
      'a process that runs',
      JSON.stringify({ pid: process.ppid, host: hostname() }),
      `by process ${process.ppid} on this host`,
    ],
    ['this process', JSON.stringify({ pid: process.pid, host: hostname() }), 'by this process'],
  ])('is named as far as the file says: %s', (_, content, hint) => {
    writeFileSync(lockFile(), content)
    expect(refusal().hints).toEqual([hint])
    expect(readFileSync(lockFile(), 'utf8')).toBe(content)
  })

  it.skipIf(!SYMBOLIC_LINKS)('is not looked for behind a symbolic link (needs the right to make one)', () => {
    writeFileSync(join(path, 'target'), JSON.stringify({ pid: 7, host: 'elsewhere' }))
    symlinkSync(join(path, 'target'), lockFile())
    expect(refusal().hints).toEqual([unknown])
    unlinkSync(lockFile())
    symlinkSync(join(path, 'nowhere'), lockFile())
    expect(refusal().hints).toEqual([unknown])
    expect(existsSync(join(path, 'nowhere'))).toBe(false)
  })

  it.skipIf(!runs('mkfifo', '--version'))('is not looked for in a pipe (needs mkfifo)', () => {
    execFileSync('mkfifo', [lockFile()])
    const pipe = openSync(lockFile(), 'r+')
    const content = JSON.stringify({ pid: 7, host: 'elsewhere' })
    writeSync(pipe, content)
    expect(refusal().hints).toEqual([unknown])
    // Which is left to those whom it is for.
    expect(readSync(pipe, Buffer.alloc(100))).toBe(content.length)
    closeSync(pipe)
  })

  it('is not looked for in a directory', () => {
    mkdirSync(lockFile())
    expect(refusal().hints).toEqual([unknown])
  })
})

describe('a lock whose file was', () => {
  it.each([
    ['removed', () => rmSync(lockFile()), 'ENOENT', false],
    [
      'replaced',
      () => {
        writeFileSync(`${lockFile()}.new`, 'of someone else')
        renameSync(`${lockFile()}.new`, lockFile())
      },
      'ERR_LOCK_LOST',
      true,
    ],
    [
      'removed and made again',
      () => {
        rmSync(lockFile())
        writeFileSync(lockFile(), 'of someone else')
      },
      'ERR_LOCK_LOST',
      true,
    ],
  ])('%s is lost, and the other file stays', (_, change, code, remains) => {
    const lock = directory.obtainLock('write.lock')
    change()
    expect(() => lock.ensureValid()).toThrow(expect.objectContaining({ code, path: lockFile() }))
    expect(() => lock.close()).toThrow(LockReleaseFailedError)
    expect(existsSync(lockFile())).toBe(remains)
    lock.close()
    expect(() => lock.ensureValid()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })
})

it('says why it is not to be had where the directory is gone', () => {
  rmSync(path, { recursive: true })
  expect(refusal().cause).toMatchObject({ code: 'ENOENT' })
  expect(refusal().hints).toEqual([])
})

it('is for directories of the file system, and for names', () => {
  const factory = SimpleFSLockFactory.INSTANCE
  expect(() => factory.obtainLock(new ByteBuffersDirectory(), 'write.lock')).toThrow(TypeError)
  expect(() => factory.obtainLock(directory, '../write.lock')).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_FILE_NAME' }),
  )
})
