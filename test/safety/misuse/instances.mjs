import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const closed = (object) => (object.close(), object)

/**
 * Ways to an object of every class that a program can get hold of, by name. `path` is a directory of
 * the test's own; `index` a Lucene index with compound files; `metal` what is for systems that have it.
 */
export function instancesOf(lib, metal, path, index) {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 0x7f)
  let made = 0
  const refill = () => {
    if (!existsSync(join(path, 'file'))) writeFileSync(join(path, 'file'), bytes)
    if (!existsSync(join(path, '_0.si'))) cpSync(index, path, { recursive: true })
  }
  const mmap = () => (refill(), lib.MMapDirectory.open(path))
  const fs = () => (refill(), lib.FSDirectory.open(path))
  const memory = () => {
    const directory = new lib.ByteBuffersDirectory()
    const output = directory.createOutput('file')
    output.writeBytes(bytes)
    output.close()
    return directory
  }
  class Filtered extends lib.FilterIndexInput {
    wrap(part) {
      return new Filtered(part)
    }
  }
  const own = () => {
    const window = new lib.Window(0, bytes.slice())
    return lib.IndexInput.from({ length: bytes.length, window: () => window, close() {} }, 'own')
  }
  const mapped = () => mmap().openInput('file')
  const merge = lib.IOContext.merge({
    totalMaxDoc: 1,
    estimatedMergeBytes: 1,
    isExternal: false,
    mergeMaxNumSegments: -1,
  })
  return {
    MMapDirectory: mmap,
    FSDirectory: fs,
    ByteBuffersDirectory: memory,
    'closed MMapDirectory': () => closed(mmap()),
    'closed ByteBuffersDirectory': () => closed(memory()),
    CompoundDirectory: () => lib.CompoundDirectory.open(mmap(), '_0'),
    'closed CompoundDirectory': () => closed(lib.CompoundDirectory.open(fs(), '_0')),
    'mapped input': mapped,
    'input of a file': () => fs().openInput('file'),
    'input in memory': () => memory().openInput('file'),
    'input of a program’s own': own,
    clone: () => mapped().clone(),
    slice: () => mapped().slice('slice', 17, 5_000),
    'part of a compound file': () => {
      const directory = lib.CompoundDirectory.open(mmap(), '_0')
      return directory.openInput(directory.listAll()[0])
    },
    'closed input': () => closed(mapped()),
    RandomAccessInput: () => mapped().randomAccessSlice(5, 5_000),
    'RandomAccessInput of a file': () => fs().openInput('file').randomAccessSlice(5, 5_000),
    'checksum input': () => mmap().openChecksumInput('file'),
    'closed checksum input': () => closed(memory().openChecksumInput('file')),
    output: () =>
      lib.FSDirectory.open(join(path, 'outputs'), { create: true }).createOutput(`output${made++}`),
    'output in memory': () => memory().createOutput('output'),
    'closed output': () => closed(memory().createOutput('output')),
    lock: () => fs().obtainLock(`lock${made++}`),
    'lock in memory': () => memory().obtainLock('write.lock'),
    NativeFSLockFactory: () => lib.NativeFSLockFactory.INSTANCE,
    SingleInstanceLockFactory: () => new lib.SingleInstanceLockFactory(),
    SimpleFSLockFactory: () => lib.SimpleFSLockFactory.INSTANCE,
    NoLockFactory: () => lib.NoLockFactory.INSTANCE,
    'input of an array': () => lib.ByteArrayDataInput.from(bytes.slice()),
    ByteArrayDataOutput: () => new lib.ByteArrayDataOutput(new Uint8Array(1000)),
    ByteBuffersDataOutput: () => new lib.ByteBuffersDataOutput(),
    ByteBufferRecycler: () => new lib.ByteBufferRecycler(),
    BufferedChecksum: () => new lib.BufferedChecksum(),
    FilterDirectory: () => new (class extends lib.FilterDirectory {})(memory()),
    FilterIndexInput: () => new Filtered(mapped()),
    FilterIndexOutput: () => new (class extends lib.FilterIndexOutput {})(memory().createOutput('output')),
    TrackingDirectoryWrapper: () => new lib.TrackingDirectoryWrapper(memory()),
    LockValidatingDirectoryWrapper: () =>
      new lib.LockValidatingDirectoryWrapper(memory(), memory().obtainLock('write.lock')),
    ByteWritesTrackingDirectoryWrapper: () => new lib.ByteWritesTrackingDirectoryWrapper(memory()),
    FileSwitchDirectory: () => new lib.FileSwitchDirectory(['fdt'], memory(), memory()),
    HardlinkCopyDirectoryWrapper: () => new lib.HardlinkCopyDirectoryWrapper(fs()),
    DirectIODirectory: () => new lib.DirectIODirectory(fs(), { minBytesDirect: 0 }),
    'input past the cache': () =>
      new lib.DirectIODirectory(fs(), { minBytesDirect: 0 }).openInput('file', merge),
    'output past the cache': () =>
      new lib.DirectIODirectory(lib.FSDirectory.open(join(path, 'outputs'), { create: true }), {
        minBytesDirect: 0,
      }).createOutput(`direct${made++}`, merge),
    NRTCachingDirectory: () => new lib.NRTCachingDirectory(memory(), { maxMergeSizeMB: 1, maxCachedMB: 1 }),
    RateLimitedIndexOutput: () =>
      new lib.RateLimitedIndexOutput(new lib.SimpleRateLimiter(1e12), memory().createOutput('output')),
    SimpleRateLimiter: () => new lib.SimpleRateLimiter(1e12),
    SnapshotStore: () => new lib.SnapshotStore(memory()),
    Snapshot: () => new lib.SnapshotStore(memory()).snapshot(),
    GenerationPublisher: () => new lib.GenerationPublisher(),
    GenerationSubscriber: () => new lib.GenerationSubscriber(new lib.GenerationPublisher().subscribe()),
    SharedInput: () => mapped().share(),
    ExportedChunk: () => mapped().exportChunks()[0],
    ...(metal.isMetalAvailable() && { MetalExport: () => metal.exportToMetal(mapped())[0] }),
    'SharedInput of a file': () => fs().openInput('file').share(),
    IOContext: () => lib.IOContext.READONCE,
    Window: () => new lib.Window(0, bytes.slice()),
    LuceneVersion: () =>
      lib.LuceneVersion.of?.(10, 4, 0) ?? lib.readSegmentInfos(fs()).segments[0].info.version,
    StorageError: () => new lib.StorageError('CODE', 'message'),
  }
}
