import type { BenchWork } from './bench-cases.js'

/** What one process has measured: nanoseconds for one call or byte, over windows of time. */
export interface BenchSample {
  readonly best: number
  readonly median: number
  readonly windows: number
}

/** At least so many windows, however long one takes. */
const FEWEST = 5

/** Works until it is compiled and the file is in the system's cache. */
export function warmUp(work: BenchWork, milliseconds: number): void {
  windowsOf(work, milliseconds)
}

export function measure(work: BenchWork, milliseconds: number): BenchSample {
  const windows = windowsOf(work, milliseconds).sort((a, b) => a - b)
  return { best: windows[0]!, median: windows[windows.length >> 1]!, windows: windows.length }
}

function windowsOf(work: BenchWork, milliseconds: number): number[] {
  const windows: number[] = []
  const end = performance.now() + milliseconds
  while (performance.now() < end || windows.length < FEWEST) {
    const start = process.hrtime.bigint()
    const count = work()
    windows.push(Number(process.hrtime.bigint() - start) / count)
    work.settle?.()
  }
  return windows
}
