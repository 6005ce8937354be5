// What may have happened before a read, and must not slow it down. All of it is done after the
// reads were compiled once, so that the compiled code has to bear it.

/** An input that goes through all windows of its file, forth and back. */
function cross(input) {
  const step = 2 ** 24
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < input.length(); at += step) {
      input.seek(at)
      input.readByte()
    }
    for (let at = input.length() - 8; at >= 0; at -= step) {
      input.seek(at)
      input.readLong()
    }
  }
  input.seek(0)
}

/** Buffers that lose their memory: one of the program's, and those of an input that is closed. */
function detach({ directory, files }) {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  if (directory === undefined) return
  const other = directory.openInput(files.small)
  other.readByte()
  other.close()
}

/** Errors at the end of the input, of each kind of read. */
function readPastTheEnd(input) {
  for (const read of ['readByte', 'readInt', 'readLong']) {
    input.seek(input.length())
    let code
    try {
      input[read]()
    } catch (error) {
      code = error.code
    }
    if (code !== 'ERR_END_OF_FILE') throw new Error(`${read} at the end of the file: ${code}`)
  }
  input.seek(0)
}

/** Lets it happen. Only an input has windows and an end. */
export function enter(state, context, input) {
  if (state === 'detached') detach(context)
  else if (state === 'crossed') cross(input)
  else readPastTheEnd(input)
}
