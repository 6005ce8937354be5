type Turn = () => void

const reads: Turn[] = []
const loads: Turn[] = []
let running = 0

/**
 * Runs work on libuv's pool when there is room for it. The pool is the whole program's: all of this
 * thread's work takes at most half of it. Reads, for which somebody waits, go before loads; a load
 * comes in pieces, so that a read has to wait for one piece at most.
 */
export async function inPool<T>(kind: 'read' | 'load', work: () => Promise<T>): Promise<T> {
  if (running < MOST_AT_ONCE) running++
  else await new Promise<void>((resolve) => (kind === 'read' ? reads : loads).push(resolve))
  try {
    return await work()
  } finally {
    const next = reads.shift() ?? loads.shift()
    if (next === undefined) running--
    else next() // takes over this one's place
  }
}

/** libuv has four threads unless it is told otherwise before its first work. */
const MOST_AT_ONCE = Math.max(Math.trunc((Number(process.env['UV_THREADPOOL_SIZE']) || 4) / 2), 1)
