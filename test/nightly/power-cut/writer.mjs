// Writes commits until its file system fails, in the order of Lucene's IndexWriter, and notes on
// another file system what it was promised. Its last line tells which call failed, and how.
import { openSync, writeSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'

import { CodecUtil, FSDirectory, MMapDirectory } from '../../../dist/index.js'
import { randomFrom } from './random.mjs'

const { path, log, seed, type, mode, generation, keep } = JSON.parse(process.argv[2])
const random = randomFrom(seed)
const directory = (type === 'mmap' ? MMapDirectory : FSDirectory).open(path)
const fd = openSync(log, 'a')
const note = (line) => writeSync(fd, JSON.stringify(line) + '\n')
const payload = new Uint8Array(400_000).map((_, i) => i * i + (i >> 8))

function writeFile(name, id, body) {
  const output = directory.createOutput(name)
  CodecUtil.writeIndexHeader(output, 'PowerCut', 0, id, '')
  body(output)
  CodecUtil.writeFooter(output)
  const length = output.getFilePointer()
  output.close()
  return length
}

/** Some fit the output's buffer, some take a few writes, some one that goes past the buffer. */
function writeData(output) {
  const [piece, times] = [
    [random(300), 1],
    [random(9000), 10],
    [random(payload.length), 1],
  ][random(3)]
  for (let i = 0; i < times; i++) output.writeBytes(payload, 0, piece)
}

const checksumOf = (name) => {
  const input = directory.openInput(name)
  const checksum = CodecUtil.retrieveChecksum(input)
  input.close()
  return checksum
}
const sync = async (names) => {
  if (mode !== 'without sync') await directory.sync(names)
}
const syncMetaData = async () => {
  if (mode !== 'without syncMetaData') await directory.syncMetaData()
}

async function commit(number, gone) {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number)
  const files = []
  for (let i = random(3); i >= 0; i--) {
    const name = `_${number}_${i}.dat`
    const temporary = random(2) === 0
    const first = temporary ? `${name}.tmp` : name
    const length = writeFile(first, id, writeData)
    if (temporary) {
      await sync([first])
      directory.rename(first, name)
      gone.push(first)
    }
    files.push({ name, length, checksum: checksumOf(name) })
  }
  await sync(files.map(({ name }) => name))
  const pending = `pending_segments_${number}`
  writeFile(pending, id, (output) => output.writeString(JSON.stringify(files)))
  await sync([pending])
  directory.rename(pending, `segments_${number}`)
  await syncMetaData()
  note({ committed: number, files, gone: [...gone, pending] })
  return [...files.map(({ name }) => name), `segments_${number}`]
}

let step = 'obtainLock'
try {
  const lock = directory.obtainLock('write.lock')
  let deleted = []
  const remove = (names) => {
    for (const name of names) directory.deleteFile(name)
    deleted = names
  }
  step = 'deleteFile'
  remove(directory.listAll().filter((name) => name !== 'write.lock' && !keep.includes(name)))
  let last
  console.log('ready')
  for (let number = generation; ; number++) {
    note({ begun: number })
    step = 'commit'
    const names = await commit(number, deleted)
    deleted = []
    lock.ensureValid()
    if (last !== undefined) {
      step = 'deleteFile'
      note({ deleting: number - 1 })
      remove(last)
    }
    last = names
  }
} catch (error) {
  // Some errors (MapFailedError) have a code of their own for whatever the system says.
  const code = error.errno < 0 ? getSystemErrorName(error.errno) : error.code
  console.log(JSON.stringify({ step, name: error.name, code, message: error.message }))
}
