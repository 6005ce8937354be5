import { CodecUtil, type Directory, IndexFileNames, IOContext } from 'mmap-directory'

import { endOutput } from './segment-files.js'
import type { SegmentInfo } from './segment-info.js'

const CODEC = 'SearchExampleLiveDocs'
const VERSION = 0

/** Which documents of a segment are not deleted: a bit each. Segments do not change, this does. */
export class LiveDocs {
  readonly bits: Uint8Array
  /** How many documents live. */
  count: number

  constructor(bits: Uint8Array, count: number) {
    this.bits = bits
    this.count = count
  }

  /** All of them. */
  static all(maxDoc: number): LiveDocs {
    return new LiveDocs(new Uint8Array(Math.ceil(maxDoc / 8)).fill(0xff), maxDoc)
  }

  isLive(doc: number): boolean {
    return ((this.bits[doc >>> 3]! >>> (doc & 7)) & 1) === 1
  }

  delete(doc: number): void {
    if (!this.isLive(doc)) return
    this.bits[doc >>> 3]! &= ~(1 << (doc & 7))
    this.count--
  }

  copy(): LiveDocs {
    return new LiveDocs(this.bits.slice(), this.count)
  }

  /** Writes the file of a generation, `_0_1.liv`: files are written once, so that each change is a new one. */
  write(directory: Directory, { name, id }: SegmentInfo, generation: number): void {
    const output = directory.createOutput(liveDocsFile(name, generation), IOContext.DEFAULT)
    try {
      CodecUtil.writeIndexHeader(output, CODEC, VERSION, id, generation.toString(36))
      output.writeVInt(this.count)
      output.writeBytes(this.bits)
      endOutput(output)
    } finally {
      output.close()
    }
  }

  static read(directory: Directory, { name, id, maxDoc }: SegmentInfo, generation: number): LiveDocs {
    return CodecUtil.readToFooter(directory, liveDocsFile(name, generation), (input) => {
      CodecUtil.checkIndexHeader(input, CODEC, VERSION, VERSION, id, generation.toString(36))
      const count = input.readVInt()
      const bits = new Uint8Array(Math.ceil(maxDoc / 8))
      input.readBytes(bits)
      return new LiveDocs(bits, count)
    })
  }
}

export function liveDocsFile(segment: string, generation: number): string {
  return IndexFileNames.fileNameFromGeneration(segment, 'liv', generation)!
}
