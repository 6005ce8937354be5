import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory, LockObtainFailedError } from '../../src/index.js'
import { BRIEF } from '../support/brief.js'
import { DIST, NODES, runScript, scriptCommand } from '../support/child.js'
import { runs } from '../support/programs.js'
import { SYMBOLIC_LINKS, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string
let directory: FSDirectory
const ends: (() => void)[] = []

beforeEach(() => {
  path = temporaryDirectory()
  directory = FSDirectory.open(path)
})

afterEach(() => {
  for (const end of ends.splice(0)) end()
  removeDirectory(path)
})

interface Holder {
  readonly pid: number
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a program that says 'held' when it has its lock, and waits for that. */
async function holder(command: string, args: readonly string[]): Promise<Holder> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  ends.push(() => child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  expect(said.toString().trim()).toBe('held')
  return {
    pid: child.pid!,
    end: async (signal) => {
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}

const HOLD = `
globalThis.lock = lib.FSDirectory.open(process.argv[1]).obtainLock('write.lock')
console.log('held')
process.stdin.resume()
`

describe.each(NODES)('a lock that another process holds, %s', (node) => {
  it('is not to be had until that process is killed', async () => {
    const other = await holder(...scriptCommand(HOLD, { args: [path], node }))
    expect(() => directory.obtainLock('write.lock')).toThrow(LockObtainFailedError)
    expect(() => directory.obtainLock('write.lock')).toThrow(
      expect.objectContaining({ code: 'ERR_LOCK_OBTAIN_FAILED', path: join(path, 'write.lock') }),
    )
    directory.obtainLock('other.lock').close()
    await other.end('SIGKILL')
    expect(existsSync(join(path, 'write.lock'))).toBe(true)
    const lock = directory.obtainLock('write.lock')
    lock.ensureValid()
    lock.close()
  })

  it('keeps that process out in turn', async () => {
    const attempt = `
      try {
        lib.FSDirectory.open(process.argv[1]).obtainLock('write.lock').close()
        console.log('obtained')
      } catch (error) {
        console.log(error.code)
      }`
    const lock = directory.obtainLock('write.lock')
    expect((await runScript(attempt, { args: [path], node })).stdout.trim()).toBe('ERR_LOCK_OBTAIN_FAILED')
    lock.ensureValid()
    lock.close()
    expect((await runScript(attempt, { args: [path], node })).stdout.trim()).toBe('obtained')
  })
})

const PYTHON = `
import fcntl, sys
file = open(sys.argv[1], 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
print('held', flush=True)
sys.stdin.read()
`

const JAVA = `
import java.nio.channels.FileChannel;
import java.nio.file.*;
public class Hold {
  public static void main(String[] args) throws Exception {
    FileChannel channel = FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.tryLock() == null) { System.out.println("refused"); return; }
    System.out.println("held");
    System.in.read();
  }
}
`

describe.skipIf(process.platform === 'win32' || !runs('python3', '--version'))(
  'a lock that another program holds by fcntl (needs python3)',
  () => {
    it('is not to be had, and the holder is named where the system tells', async () => {
      const other = await holder('python3', ['-c', PYTHON, join(path, 'write.lock')])
      expect(() => directory.obtainLock('write.lock')).toThrow(LockObtainFailedError)
      expect(() => directory.obtainLock('write.lock')).toThrow(
        new RegExp(`process ${other.pid}|another program`),
      )
      await other.end('SIGKILL')
      directory.obtainLock('write.lock').close()
    })

    it('is refused to that program while it is held here', async () => {
      const lock = directory.obtainLock('write.lock')
      const attempt = PYTHON.replace('LOCK_EX', 'LOCK_EX | fcntl.LOCK_NB')
      const other = spawn('python3', ['-c', attempt, join(path, 'write.lock')], { stdio: 'ignore' })
      const [code] = (await once(other, 'exit')) as [number]
      expect(code).not.toBe(0)
      lock.ensureValid()
      lock.close()
    })
  },
)

describe.skipIf(BRIEF || !runs('java', '--version'))('a lock that a JVM holds (needs java)', () => {
  it('is not to be had, in either direction', async () => {
    const source = join(temporaryFor(path), 'Hold.java')
    writeFileSync(source, JAVA)
    const lock = directory.obtainLock('write.lock')
    const refused = spawn('java', [source, join(path, 'write.lock')], { stdio: ['pipe', 'pipe', 'inherit'] })
    const exit = once(refused, 'exit')
    const [said] = (await once(refused.stdout, 'data')) as [Buffer]
    expect(said.toString().trim()).toBe('refused')
    await exit
    lock.ensureValid()
    lock.close()

    const other = await holder('java', [source, join(path, 'write.lock')])
    expect(() => directory.obtainLock('write.lock')).toThrow(LockObtainFailedError)
    await other.end('SIGKILL')
    directory.obtainLock('write.lock').close()
  })
})

function temporaryFor(parent: string): string {
  const made = join(parent, 'source')
  mkdirSync(made)
  return made
}

describe('within one process', () => {
  it('a lock has one holder, whichever directory object asks', () => {
    const lock = directory.obtainLock('write.lock')
    expect(() => FSDirectory.open(path).obtainLock('write.lock')).toThrow(LockObtainFailedError)
    const link = SYMBOLIC_LINKS ? `${path}-link` : path
    if (SYMBOLIC_LINKS) {
      symlinkSync(path, link)
      ends.push(() => rmSync(link))
    }
    expect(() => FSDirectory.open(link).obtainLock('write.lock')).toThrow(LockObtainFailedError)
    lock.ensureValid()
    lock.close()
    const again = FSDirectory.open(link).obtainLock('write.lock')
    expect(() => directory.obtainLock('write.lock')).toThrow(LockObtainFailedError)
    again.close()
  })

  it('an attempt that fails does not release the lock', async () => {
    const lock = directory.obtainLock('write.lock')
    for (let i = 0; i < 3; i++)
      expect(() => directory.obtainLock('write.lock')).toThrow(LockObtainFailedError)
    readFileSync(join(path, 'write.lock')) // closes a descriptor of the file
    const attempt = `
      try {
        lib.FSDirectory.open(process.argv[1]).obtainLock('write.lock')
      } catch (error) {
        console.log(error.code)
      }`
    expect((await runScript(attempt, { args: [path] })).stdout.trim()).toBe('ERR_LOCK_OBTAIN_FAILED')
    lock.ensureValid()
    lock.close()
  })

  it('a worker thread is kept out, and its lock ends with it', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads')
      const lib = require(workerData.dist + '/index.js')
      const attempt = () => {
        try {
          globalThis.lock = lib.FSDirectory.open(workerData.path).obtainLock('write.lock')
          return 'held'
        } catch (error) {
          return error.code
        }
      }
      parentPort.postMessage(attempt())
      parentPort.on('message', () => parentPort.postMessage(attempt()))`
    // Both threads take the compiled library, which keeps one table for the process.
    const main = `
      const { Worker } = require('node:worker_threads')
      const { once } = require('node:events')
      const path = process.argv[1]
      const attempt = () => {
        try {
          return lib.FSDirectory.open(path).obtainLock('write.lock')
        } catch (error) {
          return error.code
        }
      }
      const all = async () => {
        const said = []
        const lock = attempt()
        const worker = new Worker(${JSON.stringify(script)}, { eval: true, workerData: { dist, path } })
        said.push((await once(worker, 'message'))[0])
        lock.close()
        worker.postMessage('again')
        said.push((await once(worker, 'message'))[0])
        said.push(attempt())
        await worker.terminate()
        for (let i = 0; i < 5; i++) await new Promise(setImmediate)
        const last = attempt()
        last.ensureValid()
        said.push('obtained')
        console.log(said.join())
      }
      all()`
    for (const node of NODES) {
      const { stdout, stderr } = await runScript(main, { args: [path], node })
      expect({ stdout: stdout.trim(), stderr }).toEqual({
        stdout: 'ERR_LOCK_OBTAIN_FAILED,held,ERR_LOCK_OBTAIN_FAILED,obtained',
        stderr: '',
      })
    }
  })

  it('a worker of this very process is kept out', async () => {
    const lock = directory.obtainLock('write.lock')
    const worker = new Worker(
      `
      const { parentPort, workerData } = require('node:worker_threads')
      const lib = require(workerData.dist + '/index.js')
      try {
        lib.FSDirectory.open(workerData.path).obtainLock('write.lock')
        parentPort.postMessage('obtained')
      } catch (error) {
        parentPort.postMessage(error.code)
      }`,
      { eval: true, workerData: { dist: DIST, path } },
    )
    const [said] = (await once(worker, 'message')) as [string]
    expect(said).toBe('ERR_LOCK_OBTAIN_FAILED')
    await worker.terminate()
    lock.ensureValid()
    lock.close()
  })
})

function lockFile(): string {
  return join(path, 'write.lock')
}

describe('without the native part', () => {
  it('a lock is not to be had, and the error says why, and what to do', async () => {
    const script = `
      try {
        lib.FSDirectory.open(process.argv[1]).obtainLock('write.lock')
      } catch ({ code, path, message, cause, hints }) {
        console.log(JSON.stringify({ code, path, message, cause: cause.code, hints }))
      }`
    const env = { MMAP_DIRECTORY_NATIVE: join(path, 'none.node') }
    const { stdout } = await runScript(script, { args: [path], env })
    expect(JSON.parse(stdout)).toEqual({
      code: 'ERR_LOCK_OBTAIN_FAILED',
      path: lockFile(),
      message: expect.stringContaining(lockFile()),
      cause: 'ERR_DLOPEN_FAILED',
      hints: [
        expect.stringContaining('MMAP_DIRECTORY_NATIVE'),
        expect.stringContaining('SimpleFSLockFactory.INSTANCE'),
      ],
    })
  })
})

describe.skipIf(WINDOWS)('ensureValid() (Windows keeps a locked file, and others from it)', () => {
  it.each([
    ['removed', () => rmSync(lockFile()), 'ENOENT'],
    [
      'replaced',
      () => {
        writeFileSync(`${lockFile()}.new`, '')
        renameSync(`${lockFile()}.new`, lockFile())
      },
      'ERR_LOCK_LOST',
    ],
    [
      'removed and made again',
      () => {
        rmSync(lockFile())
        writeFileSync(lockFile(), '')
      },
      'ERR_LOCK_LOST',
    ],
    ['written to', () => writeFileSync(lockFile(), 'x'), 'ERR_LOCK_LOST'],
    [
      'replaced by a directory',
      () => {
        rmSync(lockFile())
        mkdirSync(lockFile())
      },
      'ERR_LOCK_LOST',
    ],
  ])('throws when the lock file was %s', (_, change, code) => {
    const lock = directory.obtainLock('write.lock')
    lock.ensureValid()
    change()
    expect(() => lock.ensureValid()).toThrow(expect.objectContaining({ code, path: lockFile() }))
    lock.close()
    expect(() => lock.ensureValid()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })
})

describe('the lock file', () => {
  it('is empty, and never deleted', () => {
    const lock = directory.obtainLock('write.lock')
    expect(statSync(join(path, 'write.lock')).size).toBe(0)
    const { ino } = statSync(join(path, 'write.lock'))
    lock.close()
    expect(directory.listAll()).toEqual(['write.lock'])
    directory.obtainLock('write.lock').close()
    expect(statSync(join(path, 'write.lock')).ino).toBe(ino)
  })

  it('may be there already, with whatever in it', () => {
    writeFileSync(join(path, 'write.lock'), 'left by someone')
    const lock = directory.obtainLock('write.lock')
    expect(readFileSync(join(path, 'write.lock'), 'utf8')).toBe('left by someone')
    lock.close()
  })

  it.skipIf(!SYMBOLIC_LINKS)(
    'is not followed where it is a symbolic link (needs the right to make one)',
    () => {
      const target = join(path, 'target')
      symlinkSync(target, join(path, 'write.lock'))
      expect(() => directory.obtainLock('write.lock')).toThrow(
        expect.objectContaining({
          code: 'ERR_LOCK_OBTAIN_FAILED',
          cause: expect.objectContaining({ code: 'ELOOP' }),
        }),
      )
      expect(existsSync(target)).toBe(false)
    },
  )

  it('cannot be a directory, and a failure leaves nothing held', () => {
    mkdirSync(join(path, 'write.lock'))
    expect(() => directory.obtainLock('write.lock')).toThrow(
      expect.objectContaining({
        code: 'ERR_LOCK_OBTAIN_FAILED',
        cause: expect.objectContaining({ code: 'EISDIR' }),
      }),
    )
    rmSync(join(path, 'write.lock'), { recursive: true })
    directory.obtainLock('write.lock').close()
  })
})
