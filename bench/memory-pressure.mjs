// A hot file read at random and a cold one read through once, in less memory than both need: with and
// without giving the cold one's memory back. As root, in a memory cgroup (version 1):
//
//   mkdir /sys/fs/cgroup/memory/pressure && echo 536870912 >/sys/fs/cgroup/memory/pressure/memory.limit_in_bytes
//   sh -c 'echo $$ >/sys/fs/cgroup/memory/pressure/cgroup.procs && exec node bench/memory-pressure.mjs HOT COLD'
//
// HOT should be smaller than the limit and COLD larger. Prints one line for each policy.
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { statSync } from 'node:fs'

const { IOContext, MMapDirectory } = createRequire(import.meta.url)('../dist/index.js')
const [hotPath, coldPath] = process.argv.slice(2)
const STEP = 16 * 2 ** 20
const READS = 2000

for (const policy of ['nothing', 'cold', 'drop', 'sequential', 'nothing', 'cold', 'drop', 'sequential']) {
  const hotDirectory = MMapDirectory.open(dirname(hotPath))
  const coldDirectory = MMapDirectory.open(dirname(coldPath))
  const hot = hotDirectory.openInput(basename(hotPath))
  await hot.load()
  const cold = coldDirectory.openInput(
    basename(coldPath),
    policy === 'sequential' ? IOContext.READONCE : IOContext.DEFAULT,
  )
  const target = new Uint8Array(STEP)
  const random = hot.randomAccessSlice(0, hot.length())
  let state = 1
  let reading = 0
  const { size } = statSync(coldPath)
  const start = performance.now()
  for (let offset = 0; offset + STEP <= size; offset += STEP) {
    cold.seek(offset)
    cold.readBytes(target)
    if (policy === 'cold' || policy === 'drop')
      await coldDirectory.release({ how: policy, files: (name) => name === basename(coldPath) })
    const before = performance.now()
    for (let i = 0; i < READS; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      random.readInt(Math.floor((state / 2 ** 32) * (hot.length() - 4)))
    }
    reading += performance.now() - before
  }
  const seconds = (performance.now() - start) / 1000
  const kept = Math.round((100 * hot.residentBytes()) / hot.length())
  const each = (reading * 1e6) / (Math.floor(size / STEP) * READS)
  console.log(
    `${policy.padEnd(10)} all ${seconds.toFixed(2)} s, hot reads ${each.toFixed(0)} ns each, ${kept} % of the hot file left`,
  )
  hot.close()
  cold.close()
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}
