import assert from 'node:assert/strict'

import type { Directory, IndexInput, IndexOutput, IOContext } from '../index.js'

/** Writes a file. */
export function write(
  directory: Directory,
  name: string,
  content: Uint8Array | ((output: IndexOutput) => void),
): void {
  const output = directory.createOutput(name)
  try {
    if (typeof content === 'function') content(output)
    else output.writeBytes(content)
  } finally {
    output.close()
  }
}

/** Writes a file, whose name begins with `file`, and opens it. */
export function inputOf(
  directory: Directory,
  content: Uint8Array | ((output: IndexOutput) => void),
  context?: IOContext,
): IndexInput {
  const others = directory.listAll()
  const name = others.includes('file') ? `file-${others.length}` : 'file'
  write(directory, name, content)
  return context === undefined ? directory.openInput(name) : directory.openInput(name, context)
}

/** The whole content of a file. */
export function contentOf(directory: Directory, name: string): Uint8Array {
  const input = directory.openInput(name)
  try {
    const bytes = new Uint8Array(input.length())
    input.readBytes(bytes)
    return bytes
  } finally {
    input.close()
  }
}

/** `length` bytes in which neighbours differ and no short period repeats: byte i is i·i + i/256. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = i * i + (i >> 8) + 1
  return bytes
}

/** Where two runs of bytes differ first; undefined when they are the same. */
export function difference(actual: Uint8Array, expected: Uint8Array): string | undefined {
  if (Buffer.compare(actual, expected) === 0) return undefined
  if (actual.length !== expected.length) return `${actual.length} bytes instead of ${expected.length}`
  const at = actual.findIndex((byte, i) => byte !== expected[i])
  return `byte ${at} is ${actual[at]} instead of ${expected[at]}`
}

/** Asserts that two runs of bytes are the same, and says where they are not. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  const found = difference(actual, expected)
  if (found !== undefined) assert.fail(found)
}
