const waiting: (() => void)[] = []
let running = 0

/**
 * Runs a piece of loading, when there is room for it: libuv's pool has four threads by default,
 * and the rest of the program needs some of them.
 */
export async function queueLoad<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next() // takes over this one's place
  }
}

const MOST_AT_ONCE = 2
