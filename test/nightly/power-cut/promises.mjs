import { readFileSync } from 'node:fs'

import { CodecUtil, FSDirectory } from '../../../dist/index.js'

/** What the writers of one file system were promised, and whether it was kept. */
export class Promises {
  #log
  #read = 0
  #committed = new Map()
  #deleting = new Set()
  #gone = new Set()
  generation = 0 // the highest that a writer has begun
  commits = 0

  constructor(log) {
    this.#log = log
  }

  /** Takes in what was noted since it was last called. */
  update() {
    const lines = readFileSync(this.#log, 'utf8').split('\n').slice(0, -1)
    for (const line of lines.slice(this.#read)) {
      const { begun, committed, deleting, files, gone } = JSON.parse(line)
      if (begun !== undefined) this.generation = begun
      if (deleting !== undefined) {
        this.#committed.delete(deleting)
        this.#deleting.add(deleting)
      }
      if (committed !== undefined) {
        this.commits++
        this.#committed.set(committed, files)
        for (const name of gone) this.#gone.add(name)
      }
    }
    this.#read = lines.length
  }

  /** The files that have to stay. */
  get files() {
    const names = []
    for (const [number, files] of this.#committed) {
      names.push(`segments_${number}`)
      for (const { name } of files) names.push(name)
    }
    return names
  }

  /** Each promise that was broken, in words; such a one is not expected again. */
  broken(path) {
    const broken = []
    const directory = FSDirectory.open(path)
    const names = new Set(directory.listAll())
    const wholes = [...names].map((name) => /^segments_(\d+)$/.exec(name)?.[1]).filter(Boolean)
    for (const number of new Set([...this.#committed.keys(), ...wholes.map(Number)])) {
      if (this.#deleting.has(number)) continue
      const files = this.#committed.get(number)
      const problem = problemOf(directory, number, files)
      if (problem === undefined) continue
      broken.push(`${files ? 'committed' : 'under its final name'}: ${problem}`)
      this.#committed.delete(number)
    }
    for (const name of this.#gone) {
      if (names.has(name)) broken.push(`there again: ${name}`)
    }
    this.#gone.clear()
    try {
      directory.obtainLock('write.lock').close()
    } catch (error) {
      broken.push(`locked: ${error.message}`)
    }
    directory.close()
    return broken
  }
}

/** What is wrong with a commit, whose files are those promised or else those that it names itself. */
function problemOf(directory, number, promised) {
  try {
    const named = verified(directory, number, { name: `segments_${number}` }, (input) =>
      JSON.parse(input.readString()),
    )
    if (promised && JSON.stringify(named) !== JSON.stringify(promised)) return `segments_${number} is another`
    for (const file of named) verified(directory, number, file)
    return undefined
  } catch (error) {
    return `${error.name}: ${error.message}`
  }
}

function verified(directory, number, { name, length, checksum }, read = () => {}) {
  const input = directory.openInput(name)
  try {
    const id = new Uint8Array(16)
    new DataView(id.buffer).setUint32(0, number)
    const actual = CodecUtil.checksumEntireFile(input)
    if (checksum !== undefined && (actual !== checksum || input.length() !== length)) {
      throw new Error(`${name} is another file`)
    }
    CodecUtil.checkIndexHeader(input, 'PowerCut', 0, 0, id, '')
    return read(input)
  } finally {
    input.close()
  }
}
