// What prefetching ahead of a reader gains, over what the system does by itself, on a cold file:
// the most that a library could win that guessed the pattern without fail.
//
//   node bench/access-pattern.mjs FILE
//
// The file's pages are dropped before each measurement with `dd iflag=nocache`.
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'

const { IOContext, MMapDirectory } = createRequire(import.meta.url)('../dist/index.js')
const path = process.argv[2]
const directory = MMapDirectory.open(dirname(path))
const LENGTH = 16 * 1024
const COUNT = 3000
const { size } = statSync(path)

const PATTERNS = {
  forwards: (i) => i * LENGTH,
  backwards: (i) => (COUNT - i) * LENGTH,
  'every 256 KiB': (i) => (i * 256 * 1024) % (size - LENGTH),
  'at random': (i) =>
    Math.floor(((Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32) * (size / LENGTH - 1)) * LENGTH,
}

for (const [name, position] of Object.entries(PATTERNS)) {
  for (const context of ['DEFAULT', 'READ', 'READONCE']) {
    const times = []
    for (const ahead of [0, 16]) {
      for (let turn = 0; turn < 5; turn++) await setImmediate() // mappings end with their buffers
      execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
      const input = directory.openInput(basename(path), IOContext[context])
      const target = new Uint8Array(LENGTH)
      const start = performance.now()
      for (let i = 0; i < COUNT; i++) {
        if (ahead > 0) input.prefetch(Math.max(position(i + ahead), 0) % (size - LENGTH), LENGTH)
        input.seek(position(i))
        input.readBytes(target)
      }
      times.push(((performance.now() - start) * 1000) / COUNT)
      input.close()
    }
    const [without, guessed] = times
    console.log(
      `${name}, ${context}: ${without.toFixed(1)} µs a read, ${guessed.toFixed(1)} with 16 prefetched ahead`,
    )
  }
}
