import { mkdirSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

import { randomFrom } from './board.mjs'
import { Model, PAGE } from './model.mjs'
import { SCALAR_NAMES, SCALARS, WRITERS } from './scalars.mjs'
import { STEPS, TOTAL_WEIGHT } from './steps.mjs'
import { compress, store } from './view-readers.mjs'

const require = createRequire(import.meta.url)
const {
  attachInput,
  FSDirectory,
  IOContext,
  mappingStats,
  MMapDirectory,
  setMappingLimit,
} = require('../../dist/index.js')
const { sideBySide } = require('../../dist/mmap/mmap-directory.js')
const { windowPower } = require('../../dist/store/window-power.js')

export { mappingStats, setMappingLimit }

const CONTEXTS = [
  IOContext.DEFAULT,
  IOContext.READ,
  IOContext.READONCE,
  IOContext.merge({ totalMaxDoc: 1, estimatedMergeBytes: 1, isExternal: false, mergeMaxNumSegments: 1 }),
]

const MOST = { files: 12, families: 12, entries: 60, views: 30, tokens: 20, pending: 8 }

/** One thread's part in a stress run: its files, what it has open, and what it does with them. */
export class Actor {
  #board
  #random
  #number
  #send
  #path
  #locksPath
  #model
  #directory
  #fs
  #names = 0
  #files = []
  #entries = []
  #views = []
  #tokens = []
  #locks = new Map()
  #pending = new Set()
  #failure

  constructor({ path, board, seed, number, send }) {
    this.#board = board
    this.#random = randomFrom(seed)
    this.#number = number
    this.#send = send
    this.#path = join(path, `thread-${number}`)
    this.#locksPath = join(path, 'locks')
    this.#model = new Model(board)
    mkdirSync(this.#path)
    this.#openDirectory()
    for (let i = 0; i < 4; i++) this.#newFile()
  }

  async run(goesOn) {
    while (goesOn()) {
      for (let i = 0; i < 25; i++) {
        this.#once()
        Atomics.add(this.#board.beats, this.#number, 1)
      }
      await setImmediate()
      if (this.#failure !== undefined) throw this.#failure
    }
  }

  /** Ends everything that is open. */
  async finish() {
    for (const { input, root, family, closed } of this.#entries) {
      if (root && !closed) this.#closeFamily(input, family)
    }
    this.#entries = []
    for (const token of this.#tokens) this.#release(token)
    this.#tokens = []
    for (const key of this.#locks.keys()) this.#unlock(key)
    await Promise.all(this.#pending)
    this.#views = []
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Takes what another thread has shared. */
  receive({ input, file, mapped, length, start, size, position, from, token }) {
    this.#model.count('attach', file.id, start, size, position)
    let attached
    try {
      attached = attachInput(input)
    } catch (error) {
      this.#model.countError('attach', error)
      const { gone, released, replaced, cutting } = this.#board
      const withdrawn = Atomics.load(gone, from) === 1 || Atomics.load(released, token) === 1
      const changed = Atomics.load(replaced, file.id) === 1 || Atomics.load(cutting, file.id) > 0
      const expected = mapped
        ? withdrawn && error.code === 'ERR_INVALID_ARG_VALUE'
        : changed && error.code === 'ENOENT'
      if (!expected) this.#model.fail(`attach: ${error.stack}`)
      return
    }
    const family = { file, mapped, length, closed: false, faulted: false }
    this.#keep({ input: attached, root: true, family, start, length: size, position, closed: false })
  }

  // Choices

  #below(count) {
    return Math.floor(this.#random() * count)
  }

  #chance(probability) {
    return this.#random() < probability
  }

  #one(list) {
    return list[this.#below(list.length)]
  }

  #once() {
    let choice = this.#random() * TOTAL_WEIGHT
    for (const [weight, step] of STEPS) {
      choice -= weight
      if (choice < 0) {
        step(this)
        return
      }
    }
  }

  /** An input, open or not; or undefined. */
  #entry(kinds = ['input']) {
    for (let turn = 0; turn < 10; turn++) {
      const entry = this.#one(this.#entries)
      if (entry === undefined) return undefined
      // Not all the time what throws anyway.
      const ended = entry.closed || entry.family.closed || entry.family.faulted || entry.length === 0
      if (kinds.includes(entry.kind ?? 'input') && (!ended || this.#chance(0.2))) return entry
    }
    return undefined
  }

  #keep(entry) {
    this.#entries.push(entry)
    if (this.#entries.length > MOST.entries) this.#dropFamily(this.#entries[0].family)
  }

  #background(promise) {
    const kept = promise
      .catch((error) => {
        this.#failure ??= error
      })
      .finally(() => this.#pending.delete(kept))
    this.#pending.add(kept)
  }

  /** A place in an input: often near a border of windows, chunks, pages or the file. */
  #place(length) {
    const any = this.#below(length + 1)
    if (this.#chance(0.5)) return any
    const near = this.#one([0, length, 2 ** 20, any - (any % PAGE)])
    const place = near + this.#below(17) - 8
    return Math.min(Math.max(place, 0), length)
  }

  #part(length, longest = length) {
    const from = this.#place(length)
    const most = Math.min(length - from, longest)
    const count = this.#chance(0.1) ? most : Math.floor(most * this.#random() ** 4)
    return [from, count]
  }

  // Files

  #newFile(name = `file-${this.#names++}`) {
    const id = Atomics.add(this.#board.counters, 0, 1)
    const lengths = [
      0,
      1,
      PAGE,
      3 * PAGE,
      this.#below(100),
      this.#below(200_000),
      this.#below(200_000),
      2 ** 20,
    ]
    const length = this.#chance(0.1) ? 2 ** 20 + this.#below(2 ** 21) : this.#one(lengths)
    const salt = this.#below(this.#board.content.length - length)
    const file = { id, name, salt, length }
    writeFileSync(join(this.#path, `${name}.new`), this.#model.expected(file, 0, length))
    renameSync(join(this.#path, `${name}.new`), join(this.#path, name))
    this.#files.push(file)
    return file
  }

  #forgetFile(file) {
    Atomics.store(this.#board.replaced, file.id, 1)
    this.#files.splice(this.#files.indexOf(file), 1)
  }

  truncate() {
    const file = this.#one(this.#files)
    if (file === undefined || file.length === 0 || Atomics.load(this.#board.cutting, file.id) > 0) return
    const any = this.#below(file.length)
    const length = this.#chance(0.5) ? any - (any % PAGE) : any
    this.#model.count('truncate', file.id, length)
    Atomics.store(this.#board.cutting, file.id, length + 1)
    truncateSync(join(this.#path, file.name), length)
    Atomics.store(this.#board.cut, file.id, length + 1)
    file.length = length
  }

  replace() {
    const file = this.#one(this.#files)
    if (file === undefined) return
    this.#model.count('replace', file.id)
    this.#forgetFile(file)
    this.#newFile(file.name)
  }

  delete() {
    const file = this.#one(this.#files)
    if (file !== undefined && this.#files.length > MOST.files / 2) {
      this.#model.count('delete', file.id)
      this.#forgetFile(file)
      if (this.#chance(0.5)) this.#directory.deleteFile(file.name)
      else unlinkSync(join(this.#path, file.name))
    } else if (this.#files.length < MOST.files) {
      this.#newFile()
    }
  }

  // Directories

  #openDirectory() {
    this.#model.count('directory open')
    this.#directory = MMapDirectory.open(this.#path, {
      chunkPower: 20 + this.#below(2),
      preload: this.#chance(0.05),
      [sideBySide]: this.#chance(0.5),
      ...(this.#chance(0.6) ? { [windowPower]: 12 + this.#below(5) } : {}),
    })
    this.#fs = FSDirectory.open(this.#path)
  }

  /** What was opened through a directory outlives it. */
  directory() {
    const old = this.#directory
    old.close()
    this.#model.count('directory closed')
    try {
      old.openInput('file')
      this.#model.fail('openInput() of a closed directory')
    } catch (error) {
      this.#model.countError('directory closed', error)
    }
    this.#openDirectory()
  }

  open(fs = false) {
    const file = this.#one(this.#files)
    if (file === undefined) return
    const operation = fs ? 'open fs' : 'open'
    this.#model.count(operation, file.id, file.length)
    const input = (fs ? this.#fs : this.#directory).openInput(file.name, this.#one(CONTEXTS))
    const { length } = file
    if (input.length() !== length) this.#model.fail(`${operation}: ${input.length()} bytes, not ${length}`)
    const copy = { id: file.id, salt: file.salt }
    const family = { file: copy, mapped: input.mapped, length, closed: false, faulted: false }
    this.#keep({ input, root: true, family, start: 0, length, position: 0, closed: false })
    const roots = this.#entries.filter((entry) => entry.root && !entry.closed)
    if (roots.length > MOST.families) this.#closeFamily(roots[0].input, roots[0].family)
  }

  // Reads

  scalar(absolute = false) {
    const entry = this.#entry(absolute ? ['absolute'] : undefined)
    if (entry === undefined) return
    const { input, family } = entry
    const name = this.#one(SCALAR_NAMES)
    const [size, reader] = SCALARS[name]
    const from = absolute ? this.#place(entry.length) : entry.position
    const lost = this.#model.lostFrom(family)
    const operation = absolute ? 'read absolute' : 'read scalar'
    const read = this.#model.attempt(
      operation,
      entry,
      () => (absolute ? input[name](from) : input[name]()),
      from,
      size,
    )
    if (read !== undefined) {
      const at = entry.start + from
      const bytes = this.#model.expected(family.file, at, size).slice()
      const data = new DataView(bytes.buffer, bytes.byteOffset, size)
      // A NaN need not keep its bits.
      if (!Object.is(reader(data), read.value)) WRITERS[name](data, read.value)
      this.#model.checkRead(operation, family, at, bytes, lost)
      if (!absolute) entry.position += size
    }
    if (!absolute) this.#checkPosition(entry, operation)
  }

  varying() {
    const entry = this.#entry()
    if (entry === undefined) return
    const { input, family } = entry
    const known = this.#model.expected(family.file, entry.start + entry.position, 5)
    let size = 0
    let expected = 0
    for (let more = true; more && size < 5; size++) {
      expected |= (known[size] & 0x7f) << (7 * size)
      more = known[size] >= 0x80
    }
    const lossy = this.#model.mayBeLost(family)
    const read = this.#model.attempt(
      'read varying',
      entry,
      () => input.readVInt(),
      entry.position,
      size,
      true,
    )
    if (read !== undefined) {
      if (read.value === expected) entry.position += size
      else if (lossy || this.#model.mayBeLost(family)) entry.position = input.getFilePointer()
      else this.#model.fail(`readVInt() gave ${read.value} instead of ${expected}`)
    }
    this.#checkPosition(entry, 'read varying')
  }

  bulk(absolute = false) {
    const entry = this.#entry(absolute ? ['absolute'] : undefined)
    if (entry === undefined) return
    const { input, family } = entry
    const from = absolute ? this.#place(entry.length) : entry.position
    const most = entry.length - from
    let count = Math.floor(most * this.#random() ** 6)
    if (this.#chance(0.02)) count = most + 1
    const lead = this.#below(10)
    const target = new Uint8Array(lead + count + 1)
    const lost = this.#model.lostFrom(family)
    const operation = absolute ? 'read absolute' : 'read bulk'
    const read = this.#model.attempt(
      operation,
      entry,
      () => (absolute ? input.readBytes(from, target, lead, count) : input.readBytes(target, lead, count)),
      from,
      count,
    )
    if (read !== undefined) {
      this.#model.checkRead(operation, family, entry.start + from, target.subarray(lead, lead + count), lost)
      if (!absolute) entry.position += count
    }
    if (!absolute) this.#checkPosition(entry, operation)
  }

  /** A position is known at any time, and after a failure it is where it was. */
  #checkPosition(entry, operation) {
    if (entry.closed || entry.family.closed || entry.family.faulted) return
    const position = this.#positionOf(entry)
    if (position !== undefined && position !== entry.position) {
      this.#model.fail(`${operation} left the position at ${position} instead of ${entry.position}`)
    }
  }

  #positionOf({ input, family }) {
    try {
      return input.getFilePointer()
    } catch (error) {
      // A load that has seen the fault.
      if (error.code !== 'ERR_FILE_FAULT' || !this.#model.mayBeLost(family)) throw error
      return undefined
    }
  }

  seek() {
    const entry = this.#entry()
    if (entry === undefined) return
    const to = this.#chance(0.02) ? entry.length + 1 : this.#place(entry.length)
    if (this.#model.attempt('seek', entry, () => entry.input.seek(to), to) !== undefined) entry.position = to
    this.#checkPosition(entry, 'seek')
  }

  skip() {
    const entry = this.#entry()
    if (entry === undefined) return
    const count = this.#chance(0.05)
      ? entry.length + 1
      : this.#below(Math.min(100, entry.length - entry.position + 1))
    const done = this.#model.attempt('skip', entry, () => entry.input.skipBytes(count), entry.position, count)
    if (done !== undefined) entry.position += count
    this.#checkPosition(entry, 'skip')
  }

  // Parts

  clone() {
    const entry = this.#entry()
    if (entry === undefined) return
    const made = this.#model.attempt('clone', entry, () => entry.input.clone())
    if (made !== undefined) this.#keep({ ...entry, root: false, input: made.value })
  }

  slice() {
    const entry = this.#entry()
    if (entry === undefined) return
    const [from, length] = this.#part(entry.length)
    const context = this.#chance(0.2) ? this.#one(CONTEXTS) : undefined
    const made = this.#model.attempt('slice', entry, () => entry.input.slice('slice', from, length, context))
    if (made === undefined) return
    const start = entry.start + from
    this.#keep({
      input: made.value,
      root: false,
      family: entry.family,
      start,
      length,
      position: 0,
      closed: false,
    })
  }

  randomAccess() {
    const entry = this.#entry()
    if (entry === undefined) return
    const [from, length] = this.#part(entry.length)
    const made = this.#model.attempt('random access', entry, () =>
      entry.input.randomAccessSlice(from, length),
    )
    if (made === undefined) return
    const start = entry.start + from
    const { family } = entry
    this.#keep({ input: made.value, kind: 'absolute', root: false, family, start, length, closed: false })
  }

  // Views

  view() {
    const entry = this.#entry()
    if (entry === undefined) return
    const [from, length] = this.#part(entry.length, this.#chance(0.8) ? 50_000 : entry.length)
    const made = this.#model.attempt('view', entry, () => entry.input.view(from, length), 0, 0)
    if (made === undefined) return
    if (made.value.length !== length) this.#model.fail(`view() has ${made.value.length} bytes, not ${length}`)
    if (made.value.byteOffset % PAGE !== (entry.start + from) % PAGE && length > 0) {
      this.#model.fail(`view() begins at ${made.value.byteOffset} for the offset ${entry.start + from}`)
    }
    const { input, family } = entry
    this.#views.push({ bytes: made.value, input, entry, family, start: entry.start + from, busy: false })
    if (this.#views.length > MOST.views) this.#views.shift()
  }

  viewRead() {
    const view = this.#one(this.#views)
    if (view === undefined) return
    this.#model.count('view read', view.family.file.id, view.start, view.bytes.length)
    const lost = this.#model.checkView('view read', view, view.bytes)
    if (!lost || view.entry.closed || view.family.closed) return
    const check = this.#model.attempt('check fault', view.entry, () => view.input.checkFault())
    if (check !== undefined) this.#model.fail('checkFault() does not know of a view that has lost pages')
  }

  viewWritten() {
    const view = this.#one(this.#views)
    if (view === undefined || view.busy || view.bytes.length > 100_000) return
    const { bytes, family, start } = view
    this.#model.count('view written', family.file.id, start, bytes.length)
    view.written ??= this.#model.expected(family.file, start, bytes.length).slice()
    for (let i = this.#below(20); i >= 0 && bytes.length > 0; i--) {
      const at = this.#below(bytes.length)
      bytes[at] = view.written[at] = this.#below(256)
    }
    this.#model.checkView('view written', view, bytes)
  }

  viewCompressed() {
    const view = this.#one(this.#views)
    if (view === undefined || view.bytes.length > 50_000 || this.#number !== 0) return
    this.#readElsewhere('view compressed', view, compress)
  }

  viewStored() {
    const view = this.#one(this.#views)
    if (view === undefined || view.bytes.length === 0) return
    this.#readElsewhere('view stored', view, store)
  }

  #readElsewhere(operation, view, read) {
    if (view.busy || this.#full()) return
    this.#model.count(operation, view.family.file.id, view.start, view.bytes.length)
    view.busy = true
    const done = read(this.#model, view, this.#path)
    this.#background(done.finally(() => (view.busy = false)))
  }

  // Memory

  #full() {
    return this.#pending.size >= MOST.pending
  }

  load() {
    const entry = this.#entry()
    if (entry === undefined || this.#full()) return
    const { input, family } = entry
    const [offset, length] = this.#part(entry.length)
    this.#model.count('load', family.file.id, entry.start, entry.length, offset, length)
    this.#background(
      input.load({ offset, length }).catch((error) => {
        this.#model.countError('load', error)
        const { code } = error
        const lost = this.#model.mayBeLost(family)
        const closed = entry.closed || family.closed
        family.toldByLoad ||= code === 'ERR_FILE_FAULT'
        const expected =
          (code === 'ERR_ALREADY_CLOSED' && closed) ||
          (code === 'ERR_FILE_FAULT' && lost) ||
          (code === 'ERR_END_OF_FILE' && !family.mapped && lost)
        if (!expected) this.#model.fail(`load: ${error.stack}`)
      }),
    )
  }

  prefetch() {
    const entry = this.#entry(['input', 'absolute'])
    if (entry === undefined) return
    const [from, length] = this.#part(entry.length)
    this.#model.attempt('prefetch', entry, () => entry.input.prefetch(from, length))
  }

  advise() {
    const entry = this.#entry()
    if (entry === undefined) return
    const context = this.#one(CONTEXTS)
    this.#model.attempt('advise', entry, () => entry.input.updateIOContext(context))
  }

  isLoaded() {
    const entry = this.#entry(['input', 'absolute'])
    if (entry === undefined) return
    this.#model.attempt('is loaded', entry, () => entry.input.isLoaded())
  }

  checkFault() {
    const entry = this.#entry()
    if (entry === undefined) return
    const lost = this.#model.lostFrom(entry.family)
    const sound = this.#model.attempt('check fault', entry, () => entry.input.checkFault())
    if (sound !== undefined && lost !== Infinity) {
      this.#model.fail('checkFault() does not see that the file was cut')
    }
  }

  // Threads

  share() {
    const entry = this.#entry()
    if (entry === undefined) return
    const made = this.#model.attempt('share', entry, () => entry.input.share())
    if (made === undefined) return
    const { file, mapped, length } = entry.family
    const { start, position } = entry
    const token = Atomics.add(this.#board.counters, 1, 1)
    const shared = { input: made.value, token }
    if (mapped && this.#chance(0.1)) this.#forge(made.value)
    if (this.#tokens.push(shared) > MOST.tokens) this.#release(this.#tokens.shift())
    const { input } = shared
    this.#send({
      input,
      file,
      mapped,
      length,
      start,
      size: entry.length,
      position,
      from: this.#number,
      token,
    })
  }

  #forge({ shared }) {
    this.#model.count('share forged')
    const key = shared.source.key.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    const forged = this.#one([
      { ...shared, source: { ...shared.source, key } },
      { ...shared, length: shared.length + 1 },
      { ...shared, start: shared.start + 1 },
      { ...shared, source: { ...shared.source, id: shared.source.id + 1_000_000 } },
      { ...shared, kind: 'memory' },
    ])
    try {
      attachInput({ shared: forged })
    } catch (error) {
      this.#model.countError('share forged', error)
      return
    }
    this.#model.fail('a forged token was taken')
  }

  #release({ input, token }) {
    this.#model.count('share released', token)
    Atomics.store(this.#board.released, token, 1)
    input.release()
  }

  release() {
    if (this.#tokens.length === 0) return
    this.#release(this.#tokens.splice(this.#below(this.#tokens.length), 1)[0])
  }

  // Ends

  close() {
    const entry = this.#entry()
    if (entry === undefined) return
    const { input, family } = entry
    if (!entry.root) {
      // Even where the family has ended: to close is never a mistake.
      this.#model.count('close part', family.file.id)
      input.close()
      entry.closed = true
    } else if (family.closed) {
      this.#model.count('close again', family.file.id)
      input.close()
    } else {
      this.#closeFamily(input, family)
    }
  }

  #closeFamily(input, family) {
    if (family.closed) return
    this.#model.count('close', family.file.id)
    family.closed = true
    const lost = this.#model.lostFrom(family)
    try {
      input.close()
    } catch (error) {
      this.#model.countError('close', error)
      if (error.code !== 'ERR_FILE_FAULT' || !this.#model.mayBeLost(family)) {
        this.#model.fail(`close: ${error.stack}`)
      }
      return
    }
    if (lost !== Infinity && !family.faulted && !family.toldByLoad) {
      this.#model.fail('close() does not tell that the file was cut')
    }
  }

  drop() {
    const entry = this.#one(this.#entries)
    if (entry !== undefined) this.#dropFamily(entry.family)
  }

  /** Forgets an input with all of its parts, closed or not. */
  #dropFamily(family) {
    this.#model.count('drop', family.file.id)
    this.#entries = this.#entries.filter((entry) => entry.family !== family)
    for (const view of this.#views) {
      if (view.family !== family) continue
      view.input = undefined // the view keeps pages, not the input
      view.entry = { closed: true }
    }
  }

  collect() {
    this.#model.count('collect')
    globalThis.gc()
  }

  // Locks

  lock() {
    const key = this.#below(this.#board.holders.length)
    this.#model.count('lock', key)
    let lock
    try {
      lock = MMapDirectory.open(this.#locksPath).obtainLock(`lock-${key}`)
    } catch (error) {
      this.#model.countError('lock', error)
      if (error.code !== 'ERR_LOCK_OBTAIN_FAILED') this.#model.fail(`lock: ${error.stack}`)
      return
    }
    if (this.#locks.has(key)) this.#model.fail('the lock was had twice')
    const before = Atomics.exchange(this.#board.holders, key, this.#number + 1)
    if (before !== 0 && Atomics.load(this.#board.gone, before - 1) === 0) {
      this.#model.fail(`thread ${before - 1} had the lock`)
    }
    lock.ensureValid()
    this.#locks.set(key, lock)
  }

  unlock() {
    const key = this.#one([...this.#locks.keys()])
    if (key !== undefined) this.#unlock(key)
  }

  #unlock(key) {
    const lock = this.#locks.get(key)
    this.#model.count('lock released', key)
    lock.ensureValid()
    Atomics.compareExchange(this.#board.holders, key, this.#number + 1, 0)
    this.#locks.delete(key)
    lock.close()
  }
}

if (parentPort !== null) {
  const actor = new Actor({ ...workerData, send: (message) => parentPort.postMessage(message) })
  let end
  let failure
  parentPort.on('message', (message) => {
    if (message.end !== undefined) {
      end = message.end
      return
    }
    try {
      actor.receive(message)
    } catch (error) {
      failure = error
    }
  })
  try {
    await actor.run(() => end === undefined && failure === undefined)
    if (failure !== undefined) throw failure
    if (end === 'finished') await actor.finish()
  } catch (error) {
    parentPort.postMessage({ failure: `thread ${workerData.number}: ${error.stack}` })
  }
  if (end === 'thrown') throw new Error('meant')
  if (end === 'exited') process.exit()
  parentPort.close()
}
