import { MMapDirectory } from 'mmap-directory'
import { writeSync } from 'node:fs'

import { IndexWriter } from '../engine/index-writer.js'
import { readCorpus } from './corpus.js'

// Writes until it is killed: node killed-writer.js DIRECTORY ROOT DOCUMENTS
// Says each commit as soon as it is made, in a line.

const [, , path, root, most] = process.argv
const documents = readCorpus(root!, Number(most))
const writer = new IndexWriter(MMapDirectory.open(path!, { create: true }), 40)
writeSync(1, 'ready\n')
for (let i = 0; ; i++) {
  writer.addDocument(documents[(i * 31) % documents.length]!)
  if (i % 7 === 0) writer.deleteDocument(documents[(i * 17) % documents.length]!.key)
  if (i % 25 === 24) writeSync(1, `${await writer.commit()}\n`)
}
