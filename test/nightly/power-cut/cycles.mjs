// The driver: see run. On each file system, cycles of writing, power cut, mounting again, looking.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Promises } from './promises.mjs'
import { randomFrom } from './random.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cycles: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
})
const folder = positionals[0]
const cycles = Number(values.cycles ?? 150)
const seed = Number(values.seed ?? Date.now() % 2 ** 32)
const random = randomFrom(seed)
const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const EXT4 = ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0']
const FILE_SYSTEMS = [
  // The least that ext4 promises: it adds no flush of its own to a rename.
  { name: 'ext4 writeback', make: EXT4, options: 'noauto_da_alloc,data=writeback', megabytes: 96 },
  { name: 'ext4', make: EXT4, options: 'defaults', megabytes: 96 },
  { name: 'xfs', make: ['mkfs.xfs', '-q', '-f'], options: 'defaults', megabytes: 320 },
]
// A library that did less would be caught: that is what shows that the test can fail.
const MODES = ['complete', 'without sync', 'without syncMetaData']
const LONGEST = 120 // milliseconds of writing

function failed(message) {
  console.log(`power cuts: FAILED, ${message}; seed ${seed}`)
  process.exitCode = 1
}

/** A process that cuts the power of a mounted file system. */
function startCutter() {
  const child = spawn('python3', [here('cut.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    cut: async (path) => {
      child.stdin.write(`${path}\n`)
      if ((await lines.next()).value !== 'cut') throw new Error(`The power of ${path} could not be cut`)
    },
    end: () => child.stdin.end(),
  }
}

class Machine {
  #image
  #path
  #options

  constructor({ make: [command, ...args], options, megabytes }) {
    this.#image = join(folder, 'image')
    this.#path = join(folder, 'mounted')
    this.#options = options
    writeFileSync(this.#image, '')
    truncateSync(this.#image, megabytes * 2 ** 20)
    execFileSync(command, [...args, this.#image], { stdio: ['ignore', 'ignore', 'inherit'] })
    mkdirSync(this.#path, { recursive: true })
    this.on()
    mkdirSync(this.index)
    this.off()
    this.on()
  }

  get path() {
    return this.#path
  }

  get index() {
    return join(this.#path, 'index')
  }

  on() {
    execFileSync('mount', ['-o', `loop,${this.#options}`, this.#image, this.#path])
  }

  off() {
    execFileSync('umount', [this.#path])
  }

  discard() {
    this.off()
    rmSync(this.#image)
  }
}

/** Lets a writer write for a while, and cuts the power. Gives the writer's last words. */
async function writeUntilCut(machine, cutter, work) {
  const writer = spawn(process.execPath, [here('writer.mjs'), JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(writer, 'exit')
  const lines = createInterface(writer.stdout)[Symbol.asyncIterator]()
  const first = (await lines.next()).value
  if (first === 'ready') {
    await setTimeout(random(LONGEST))
    await cutter.cut(machine.path)
  }
  const last = first === 'ready' ? (await lines.next()).value : first
  const [code, signal] = await ended
  return last === undefined ? { name: 'none', code: `exit ${code}, signal ${signal}` } : JSON.parse(last)
}

async function runOn(fileSystem, mode, cutter) {
  const log = join(folder, 'log')
  writeFileSync(log, '')
  const promises = new Promises(log)
  const machine = new Machine(fileSystem)
  const from = Date.now()
  const what = `${fileSystem.name}, ${mode}`
  const broken = []
  const ends = {}
  let cycle = 0
  while (cycle < cycles) {
    cycle++
    const last = await writeUntilCut(machine, cutter, {
      path: machine.index,
      log,
      mode,
      seed: random(2 ** 32),
      type: ['mmap', 'fs'][cycle % 2],
      generation: promises.generation + 1,
      keep: promises.files,
    })
    machine.off()
    machine.on()
    promises.update()
    // ext4 may have made itself read-only by then.
    if (last.code !== 'EIO' && last.code !== 'EROFS') {
      failed(`${what}, cycle ${cycle}: the writer ended with ${JSON.stringify(last)}`)
      break
    }
    const end = last.message.split(':')[0]
    ends[end] = (ends[end] ?? 0) + 1
    for (const text of promises.broken(machine.index)) broken.push(`cycle ${cycle}: ${text}`)
    if (mode !== 'complete' && broken.length > 0) break // where promises have to be broken, one is enough
  }
  machine.discard()
  const seconds = ((Date.now() - from) / 1000).toFixed(0)
  const counts = `${cycle} cuts, ${promises.commits} commits, ${broken.length} broken promises, ${seconds} s`
  console.log(`power cuts: ${what}: ${counts}; interrupted: ${JSON.stringify(ends)}`)
  for (const text of broken.slice(0, 5)) console.log(`  ${text}`)
  if (promises.commits < cycle) failed(`${what}: fewer commits than cuts`)
  if (mode === 'complete' && broken.length > 0) failed(`${what}: promises were broken`)
  return broken.length
}

console.log(`power cuts: seed ${seed}, ${cycles} cycles for each file system`)
const cutter = startCutter()
for (const fileSystem of FILE_SYSTEMS) {
  if (values.only !== undefined && values.only !== fileSystem.name) continue
  if (spawnSync(fileSystem.make[0], ['-V']).error !== undefined) {
    console.log(`power cuts: ${fileSystem.name}: skipped, there is no ${fileSystem.make[0]}`)
    continue
  }
  for (const mode of MODES) {
    const broken = await runOn(fileSystem, mode, cutter)
    if (mode !== 'complete' && broken === 0) failed(`${fileSystem.name}: ${mode} was not noticed`)
  }
}
cutter.end()
