import { describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  CompoundDirectory,
  type Directory,
  FileNotFoundError,
  MMapDirectory,
} from '../../src/index.js'
import { MockDirectory, type MockOperation, runDirectorySuite } from '../../src/testing/index.js'
import { contentOf, difference, pattern, write } from '../support/files.js'
import { failureOf } from '../support/outcomes.js'
import { LATER_ADVICE } from '../support/mappings.js'

runDirectorySuite({
  name: 'MockDirectory around ByteBuffersDirectory',
  create: () => new MockDirectory(new ByteBuffersDirectory(), { complain: false }),
  supports: { exclusiveWriting: true, guardedMemory: true },
  refuseDeletes: (directory, refuse) => (directory as MockDirectory).setFaults({ refuseDeletes: refuse }),
  describe,
  it,
})
runDirectorySuite({
  name: 'MockDirectory around MMapDirectory',
  create: (path) => new MockDirectory(MMapDirectory.open(path), { complain: false }),
  supports: {
    persistence: true,
    zeroCopyViews: true,
    sharing: true,
    residency: true,
    readAdvice: true,
    laterAdvice: LATER_ADVICE,
    systemLocks: true,
    guardedMemory: true,
  },
  refuseDeletes: (directory, refuse) => (directory as MockDirectory).setFaults({ refuseDeletes: refuse }),
  describe,
  it,
})

function mock(seed = 0): { disk: ByteBuffersDirectory; directory: MockDirectory } {
  const disk = new ByteBuffersDirectory()
  return { disk, directory: new MockDirectory(disk, { seed }) }
}

const NO_SPACE = expect.objectContaining({ code: 'ENOSPC' })
const IO_ERROR = expect.objectContaining({ code: 'EIO' })

describe('a full disk', () => {
  it('takes what fits, fails then, and takes more when something was deleted', () => {
    const { disk, directory } = mock()
    write(directory, 'old', pattern(60_000))
    directory.setFaults({ diskSize: 100_000 })
    const output = directory.createOutput('new')
    expect(() => output.writeBytes(pattern(50_000))).toThrow(NO_SPACE)
    expect(() => output.writeByte(1)).toThrow(NO_SPACE)
    output.close()
    expect(directory.usedBytes()).toBe(100_000)
    expect(difference(contentOf(disk, 'new'), pattern(40_000))).toBeUndefined()
    directory.deleteFile('old')
    write(directory, 'third', pattern(60_000))
    expect(directory.usedBytes()).toBe(100_000)
    directory.close()
  })

  it('tells a small file at its end, and leaves nothing of a copy', () => {
    const { directory } = mock()
    const from = new ByteBuffersDirectory()
    write(from, 'source', pattern(1_000))
    directory.setFaults({ diskSize: 10 })
    const output = directory.createOutput('small')
    output.writeBytes(pattern(11))
    expect(() => output.close()).toThrow(NO_SPACE)
    directory.deleteFile('small')
    expect(() => directory.copyFrom(from, 'source', 'copy')).toThrow(NO_SPACE)
    expect(directory.listAll()).toEqual([])
    expect(directory.usedBytes()).toBe(0)
    directory.close()
  })

  it('counts the files that were there before, and those that get another name', () => {
    const disk = new ByteBuffersDirectory()
    write(disk, 'old', pattern(500))
    const directory = new MockDirectory(disk)
    expect(directory.usedBytes()).toBe(500)
    const output = directory.createOutput('a')
    directory.rename('a', 'b')
    output.writeBytes(pattern(100))
    output.close()
    expect(directory.usedBytes()).toBe(600)
    directory.deleteFile('b')
    directory.deleteFile('old')
    expect(directory.usedBytes()).toBe(0)
    directory.close()
  })
})

/** What is found after crashes with many seeds. */
async function afterCrashes(
  use: (directory: MockDirectory) => void | Promise<void>,
  found: (disk: Directory) => string,
): Promise<string[]> {
  const all = new Set<string>()
  for (let seed = 0; seed < 80; seed++) {
    const { disk, directory } = mock(seed)
    await use(directory)
    directory.crash()
    all.add(found(disk))
  }
  return [...all].toSorted()
}

function stateOf(name: string, content: Uint8Array): (disk: Directory) => string {
  return (disk) => {
    if (!disk.listAll().includes(name)) return 'missing'
    const bytes = contentOf(disk, name)
    if (bytes.length < content.length) return bytes.length === 0 ? 'empty' : 'cut'
    return difference(bytes, content) === undefined ? 'whole' : 'damaged'
  }
}

const bytes = pattern(5_000)

const deleteUnsynced = async (directory: MockDirectory): Promise<void> => {
  write(directory, 'file', bytes)
  await directory.sync(['file'])
  await directory.syncMetaData()
  directory.deleteFile('file')
}

const commit = async (directory: MockDirectory, syncs: boolean): Promise<void> => {
  write(directory, 'data', bytes)
  if (syncs) await directory.sync(['data'])
  if (syncs) await directory.syncMetaData()
  write(directory, 'pending', pattern(1))
  await directory.sync(['pending'])
  directory.rename('pending', 'commit')
  await directory.syncMetaData()
}

const broken = (disk: Directory): string =>
  disk.listAll().includes('commit') && stateOf('data', bytes)(disk) !== 'whole' ? 'broken' : 'fine'

const crashedWith = (seed: number): string => {
  const { disk, directory } = mock(seed)
  for (let i = 0; i < 20; i++) write(directory, `file-${i}`, bytes)
  directory.crash()
  return disk
    .listAll()
    .map((name) => `${name} ${disk.fileLength(name)}`)
    .join()
}

describe('a crash', () => {
  const state = stateOf('file', bytes)

  it('keeps what sync() and syncMetaData() have promised', async () => {
    const states = await afterCrashes(async (directory) => {
      write(directory, 'file', bytes)
      await directory.sync(['file'])
      await directory.syncMetaData()
    }, state)
    expect(states).toEqual(['whole'])
  })

  it('loses, cuts or damages what was not synced', async () => {
    const states = await afterCrashes((directory) => write(directory, 'file', bytes), state)
    expect(states).toEqual(['cut', 'damaged', 'empty', 'missing', 'whole'])
  })

  it('may lose the name of a file whose content was synced', async () => {
    const states = await afterCrashes(async (directory) => {
      write(directory, 'file', bytes)
      await directory.sync(['file'])
    }, state)
    expect(states).toEqual(['missing', 'whole'])
  })

  it('may damage the content of a file whose name was synced', async () => {
    const states = await afterCrashes(async (directory) => {
      write(directory, 'file', bytes)
      await directory.syncMetaData()
    }, state)
    expect(states).toEqual(['cut', 'damaged', 'empty', 'whole'])
  })

  it('takes syncing a file that is still being written for no promise', async () => {
    const states = await afterCrashes(async (directory) => {
      const output = directory.createOutput('file')
      output.writeBytes(bytes)
      await directory.sync(['file'])
      await directory.syncMetaData()
      output.close()
    }, state)
    expect(states.length).toBeGreaterThan(1)
  })

  it('undoes a rename that was not synced, or does not, and nothing in between', async () => {
    const states = await afterCrashes(
      async (directory) => {
        write(directory, 'pending', bytes)
        await directory.sync(['pending'])
        await directory.syncMetaData()
        directory.rename('pending', 'file')
      },
      (disk) => `${disk.listAll().join()} ${difference(contentOf(disk, disk.listAll()[0]!), bytes)}`,
    )
    expect(states).toEqual(['file undefined', 'pending undefined'])
  })

  it('brings a file back whose deletion was not synced', async () => {
    expect(await afterCrashes(deleteUnsynced, state)).toEqual(['missing', 'whole'])
    const promised = await afterCrashes(async (directory) => {
      await deleteUnsynced(directory)
      await directory.syncMetaData()
    }, state)
    expect(promised).toEqual(['missing'])
  })

  it('undoes changes of one name from the last one on, and others by themselves', async () => {
    const states = await afterCrashes(
      async (directory) => {
        write(directory, 'tmp', bytes)
        await directory.sync(['tmp'])
        directory.rename('tmp', 'file')
        write(directory, 'other', pattern(0))
      },
      (disk) => disk.listAll().join(),
    )
    expect(states).toEqual(['', 'file', 'file,other', 'other', 'other,tmp', 'tmp'].toSorted())
  })

  it('never breaks a commit that is done in the right order, and breaks one that is not', async () => {
    expect(await afterCrashes((directory) => commit(directory, true), broken)).toEqual(['fine'])
    expect(await afterCrashes((directory) => commit(directory, false), broken)).toContain('broken')
  })

  it('ends what was open, without a word, and leaves the disk to the next one', () => {
    const { disk, directory } = mock()
    write(disk, 'old', bytes)
    const input = directory.openInput('old')
    const output = directory.createOutput('new')
    output.writeBytes(bytes)
    const lock = directory.obtainLock('write.lock')
    directory.crash()
    for (const use of [
      () => input.readByte(),
      () => output.writeByte(1),
      () => lock.ensureValid(),
      () => directory.listAll(),
      () => directory.crash(),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    }
    directory.close()
    const next = new MockDirectory(disk)
    next.obtainLock('write.lock').close()
    expect(difference(contentOf(next, 'old'), bytes)).toBeUndefined()
    next.close()
  })

  it('follows from the seed', () => {
    expect(crashedWith(5)).toBe(crashedWith(5))
    expect(new Set([1, 2, 3, 4, 5].map(crashedWith)).size).toBe(5)
  })
})

describe('refused deletions', () => {
  it('of files in use wait until they are closed', () => {
    const { disk, directory } = mock()
    write(directory, 'file', pattern(10))
    directory.setFaults({ refuseDeletes: 'open' })
    const input = directory.openInput('file')
    directory.deleteFile('file')
    expect([...directory.getPendingDeletions()]).toEqual(['file'])
    expect(disk.listAll()).toEqual(['file'])
    expect(() => directory.openInput('file')).toThrow(FileNotFoundError)
    expect(input.readByte()).toBe(1)
    input.close()
    expect(directory.getPendingDeletions()).toEqual(new Set())
    expect(disk.listAll()).toEqual([])
    directory.close()
  })

  it('leave their names taken', () => {
    const { directory } = mock()
    write(directory, 'file', pattern(10))
    directory.setFaults({ refuseDeletes: true })
    directory.deleteFile('file')
    expect(() => directory.createOutput('file')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(() => directory.deleteFile('missing')).toThrow(FileNotFoundError)
    directory.close()
  })
})

/** Which of a thousand reads fail. */
const failures = (seed: number): string => {
  const { directory } = mock(seed)
  write(directory, 'file', pattern(2_000))
  directory.setFaults({ errorRates: { read: 0.1 } })
  const input = directory.openInput('file')
  let reads = ''
  for (let i = 0; i < 1_000; i++) {
    try {
      input.readByte()
      reads += '.'
    } catch {
      reads += 'x'
    }
  }
  input.close()
  directory.close()
  return reads
}

describe('errors', () => {
  const operations: Record<MockOperation, (directory: MockDirectory) => unknown> = {
    open: (directory) => directory.openInput('file'),
    create: (directory) => directory.createTempOutput('a', 'b'),
    read: (directory) => directory.openInput('file').clone().readInt(),
    write: (directory) => write(directory, 'new', pattern(10)),
    sync: (directory) => directory.sync(['file']),
    syncMetaData: (directory) => directory.syncMetaData(),
    delete: (directory) => directory.deleteFile('file'),
    rename: (directory) => directory.rename('file', 'new'),
    lock: (directory) => directory.obtainLock('write.lock'),
  }

  it.each(Object.keys(operations) as MockOperation[])('come of %s, at every rate', async (operation) => {
    const attempt = async (rate: number): Promise<unknown> => {
      const directory = new MockDirectory(new ByteBuffersDirectory(), { seed: 7, complain: false })
      write(directory, 'file', pattern(100))
      directory.setFaults({ errorRates: { [operation]: rate } })
      const use = async (): Promise<unknown> => operations[operation](directory)
      const failure = await failureOf(use())
      directory.close()
      return failure
    }
    expect(await attempt(1)).toEqual(IO_ERROR)
    expect(await attempt(0)).not.toEqual(IO_ERROR)
  })

  it('come as often as asked, and in the same places for the same seed', () => {
    const count = failures(1).replaceAll('.', '').length
    expect(count).toBeGreaterThan(60)
    expect(count).toBeLessThan(140)
    expect(failures(1)).toBe(failures(1))
    expect(failures(1)).not.toBe(failures(2))
  })

  it('leave the position where it was, and end when the faults do', () => {
    const { directory } = mock()
    write(directory, 'file', pattern(100))
    let fails = false
    directory.setFaults({
      failure: (operation, name) => (operation === 'read' && fails ? new Error(`no ${name}`) : undefined),
    })
    const input = directory.openInput('file')
    input.seek(10)
    fails = true
    expect(() => input.readVLong()).toThrow('no file')
    expect(() => input.readString()).toThrow('no file')
    expect(() => input.randomAccessSlice(0, 10).readByte(0)).toThrow('no file')
    expect(() => input.view(0, 10)).toThrow('no file')
    expect(input.getFilePointer()).toBe(10)
    directory.setFaults({})
    expect(input.readByte()).toBe(pattern(11)[10])
    input.close()
    directory.close()
  })

  it('of writing end the output', () => {
    const { directory } = mock()
    directory.setFaults({ errorRates: { write: 1 } })
    const output = directory.createOutput('file')
    expect(() => output.writeBytes(pattern(100_000))).toThrow(IO_ERROR)
    directory.setFaults({})
    expect(() => output.writeByte(1)).toThrow(IO_ERROR)
    output.close()
    directory.close()
  })

  it.each([
    [{ diskSise: 5 }, /diskSise.*diskSize/],
    [{ diskSize: -1 }, /diskSize/],
    [{ errorRates: { reed: 1 } }, /reed.*read/],
    [{ errorRates: { read: 2 } }, /errorRates.read/],
    [{ failure: 'x' }, /failure/],
    [{ refuseDeletes: 'all' }, /refuseDeletes/],
  ])('that do not exist are refused: %j', (faults, message) => {
    const { directory } = mock()
    expect(() => directory.setFaults(faults as object)).toThrow(message)
    expect(() => new MockDirectory(new ByteBuffersDirectory(), { sead: 1 } as object)).toThrow(/sead.*seed/)
  })
})

describe('what is open', () => {
  it('is listed with where it was opened, and close() complains', () => {
    const { disk, directory } = mock()
    write(directory, 'file', pattern(10))
    const openedHere = (): unknown => [directory.openInput('file'), directory.createOutput('new')]
    openedHere()
    directory.obtainLock('write.lock')
    const handles = directory.openHandles().map(({ kind, name }) => `${kind} ${name}`)
    expect(handles).toEqual(['input file', 'output new', 'lock write.lock'])
    expect(() => directory.close()).toThrow(
      expect.objectContaining({
        code: 'ERR_OPEN_FILES',
        message: expect.stringMatching(
          /input file, opened\n[^]*openedHere[^]*output new[^]*lock write\.lock/,
        ),
      }),
    )
    expect(() => directory.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    expect(() => disk.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    directory.close()
  })

  it('is nothing when all was closed; clones and slices need no closing', () => {
    const { directory } = mock()
    write(directory, 'file', pattern(100))
    const input = directory.openInput('file')
    input.clone().readByte()
    input.slice('slice', 0, 10).close()
    expect(directory.openHandles()).toHaveLength(1)
    input.close()
    directory.openChecksumInput('file').close()
    directory.obtainLock('write.lock')[Symbol.dispose]()
    expect(() => CompoundDirectory.open(directory, '_0')).toThrow(FileNotFoundError)
    expect(directory.openHandles()).toEqual([])
    directory.close()
  })
})

it('says what it is around', () => {
  const directory = new MockDirectory(new ByteBuffersDirectory())
  expect(MockDirectory.unwrap(directory)).toBe(directory.getDelegate())
  expect(directory.toString()).toBe('MockDirectory(ByteBuffersDirectory())')
  directory.close()
})
