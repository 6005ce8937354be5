// What the threads of a stress run share.

export const OPERATIONS = [
  'open',
  'open fs',
  'read scalar',
  'read bulk',
  'read absolute',
  'read varying',
  'seek',
  'skip',
  'clone',
  'slice',
  'random access',
  'view',
  'view read',
  'view written',
  'view compressed',
  'view stored',
  'load',
  'prefetch',
  'advise',
  'is loaded',
  'check fault',
  'share',
  'share released',
  'share forged',
  'attach',
  'truncate',
  'replace',
  'delete',
  'close',
  'close again',
  'close part',
  'drop',
  'collect',
  'directory open',
  'directory closed',
  'lock',
  'lock released',
  'limit',
  'thread terminated',
  'thread exited',
  'thread thrown',
  'thread finished',
]

/** What may be thrown, each only where the model of the run says so. */
export const ERRORS = [
  'ERR_FILE_FAULT',
  'ERR_ALREADY_CLOSED',
  'ERR_END_OF_FILE',
  'ERR_LOCK_OBTAIN_FAILED',
  'ERR_INVALID_ARG_VALUE',
  'ENOENT',
]

const FILES = 1 << 21
const THREADS = 1 << 14
const CONTENT = 1 << 24

const int32s = (count) => new Int32Array(new SharedArrayBuffer(count * 4))

/** Plain shared memory, so that what a thread has done is known after it was terminated. */
export function newBoard() {
  const content = new Uint8Array(new SharedArrayBuffer(CONTENT))
  // Every file is a part of this. No part of 8 bytes occurs twice, and every 256th byte is a zero,
  // which is what takes the place of bytes that were lost.
  for (let i = 0; i < CONTENT; i++) {
    let hash = Math.imul(i ^ (i >>> 15), 0x2c1b3c6d)
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
    content[i] = hash >>> 24
  }
  return {
    content,
    operations: int32s(OPERATIONS.length),
    errors: int32s(OPERATIONS.length * ERRORS.length),
    /** How many files there have been, and tokens of shared inputs. */
    counters: int32s(2),
    /** To how many bytes, plus one, a file is about to be cut or was cut; 0 when it never was. */
    cutting: int32s(FILES),
    cut: int32s(FILES),
    /** 1 when a file's name is about to go to another file, or to nobody. */
    replaced: int32s(FILES),
    /** 1 when a token is about to be released. */
    released: int32s(FILES),
    /** Operations that a thread has finished, and whether it has ended or is about to. */
    beats: int32s(THREADS),
    gone: int32s(THREADS),
    /** Which thread holds a lock, plus one; 0 when nobody does. */
    holders: int32s(4),
  }
}

/** Numbers from 0 to 1: mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let hash = Math.imul(state ^ (state >>> 15), state | 1)
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61)
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32
  }
}
