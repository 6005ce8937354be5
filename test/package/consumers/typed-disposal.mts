// Compiled with @types/node, the DOM's types and esnext: the package's own declarations of what is in there
// have to be the same.
import { GenerationPublisher, MMapDirectory, openFile, waitForLock } from 'mmap-directory'
import { Worker } from 'node:worker_threads'

export async function read(path: string, worker: Worker, signal: AbortSignal): Promise<number> {
  using directory = MMapDirectory.open(path)
  using lock = await waitForLock(directory, 'write.lock', { timeout: 1000, signal })
  using input = openFile(path)
  lock.ensureValid()
  await input.load({ signal: AbortSignal.timeout(1000) })
  const publisher = new GenerationPublisher()
  const subscription = publisher.subscribe()
  worker.postMessage(subscription, [subscription.port])
  return input.readInt()
}
