// The conformance suite, from the installed package, by node:test.
import { ByteBuffersDirectory, FSDirectory, MMapDirectory } from 'mmap-directory'
import { runDirectorySuite } from 'mmap-directory/testing'

const supports = { persistence: true, sharing: true, systemLocks: true }
runDirectorySuite({
  name: 'MMapDirectory',
  create: (path) => MMapDirectory.open(path),
  supports: { ...supports, zeroCopyViews: true },
})
runDirectorySuite({ name: 'FSDirectory', create: (path) => FSDirectory.open(path), supports })
runDirectorySuite({ name: 'ByteBuffersDirectory', create: () => new ByteBuffersDirectory() })
