import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ByteBuffersDirectory, FSDirectory, type LockFactory, NoLockFactory } from '../../src/index.js'
import { LockVerifyServer, stressLocks, VerifyingLockFactory } from '../../src/testing/index.js'
import { runScript } from '../support/child.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

/** Of all processes together: 500 in every run, 30,000 nightly. */
const ROUNDS = Number(process.env['LOCK_STRESS_ROUNDS'] ?? 500)
const CLIENTS = WINDOWS ? 2 : 4
const SEED = Number(process.env['MMAP_DIRECTORY_SEED'] ?? Date.now() % 2 ** 32)

/** A process that takes the lock as often as it is told, and says how often it had it. */
const CLIENT = `
const { VerifyingLockFactory, stressLocks } = require(dist + '/testing/index.js')
const [, path, kind, port, id, rounds, seed] = process.argv
const main = async () => {
  const factory = await VerifyingLockFactory.connect({ id: Number(id), port: Number(port) })
  const directory = lib.FSDirectory.open(path, { lockFactory: lib[kind].INSTANCE })
  try {
    console.log(await stressLocks({ factory, directory, rounds: Number(rounds), seed: Number(seed) }))
  } finally {
    factory.close()
  }
}
main().catch((error) => {
  console.log(error.code)
  process.exitCode = 3
})`

let path: string

beforeEach(() => {
  path = temporaryDirectory()
})

afterEach(() => {
  removeDirectory(path)
})

async function stress(kind: string, rounds: number): Promise<{ server: LockVerifyServer; said: string[] }> {
  const server = await LockVerifyServer.listen({ clients: CLIENTS })
  const clients = Array.from({ length: CLIENTS }, (_, id) =>
    runScript(CLIENT, {
      args: [path, kind, server.port, id, Math.ceil(rounds / CLIENTS), SEED + id].map(String),
    }),
  )
  const results = await Promise.all(clients)
  expect(results.map(({ stderr }) => stderr).join('')).toBe('')
  return { server, said: results.map(({ stdout }) => stdout.trim()) }
}

describe.each(['NativeFSLockFactory', 'SimpleFSLockFactory'])('locks of %s', (kind) => {
  it(
    `are never held by two of ${CLIENTS} processes, in ${ROUNDS} rounds, seed ${SEED}`,
    async () => {
      const { server, said } = await stress(kind, ROUNDS)
      const obtained = await server.finished
      expect(said.map(Number).reduce((sum, one) => sum + one)).toBe(obtained)
      expect(obtained).toBeGreaterThan(ROUNDS / 20)
      expect(obtained).toBeLessThanOrEqual(ROUNDS + CLIENTS)
    },
    60_000 + 20 * ROUNDS,
  )
})

it('locks that keep nobody out are noticed between processes', async () => {
  const { server, said } = await stress('NoLockFactory', 200)
  await expect(server.finished).rejects.toMatchObject({ code: 'ERR_LOCK_NOT_EXCLUSIVE' })
  expect(said.every((one) => /^ERR_LOCK_(VERIFICATION|NOT_EXCLUSIVE)$/.test(one))).toBe(true)
})

function clientsOf(server: LockVerifyServer, count: number): Promise<VerifyingLockFactory[]> {
  return Promise.all(
    Array.from({ length: count }, (_, id) => VerifyingLockFactory.connect({ id, port: server.port })),
  )
}

function directoryWith(lockFactory?: LockFactory): FSDirectory {
  return FSDirectory.open(path, lockFactory === undefined ? {} : { lockFactory })
}

describe('a server', () => {
  it('counts what it is told, and ends with its clients', async () => {
    const server = await LockVerifyServer.listen({ clients: 2 })
    const [first, second] = await clientsOf(server, 2)
    const directory = directoryWith()
    const lock = await first!.obtainLock(directory, 'a.lock')
    await expect(second!.obtainLock(directory, 'a.lock')).rejects.toMatchObject({
      code: 'ERR_LOCK_OBTAIN_FAILED',
    })
    await lock.release()
    await (await second!.obtainLock(directory, 'a.lock')).release()
    first!.close()
    second!.close()
    expect(await server.finished).toBe(2)
    await expect(first!.obtainLock(directory, 'a.lock')).rejects.toMatchObject({
      code: 'ERR_LOCK_VERIFICATION',
    })
    directory.obtainLock('a.lock').close()
  })

  it('fails when two have the lock, and so do they', async () => {
    const server = await LockVerifyServer.listen({ clients: 2 })
    const [first, second] = await clientsOf(server, 2)
    const directory = directoryWith(NoLockFactory.INSTANCE)
    const lock = await first!.obtainLock(directory, 'a.lock')
    await expect(second!.obtainLock(directory, 'a.lock')).rejects.toMatchObject({
      code: 'ERR_LOCK_VERIFICATION',
    })
    await expect(server.finished).rejects.toThrow('client 1 got the lock while client 0 has it')
    await expect(lock.release()).rejects.toMatchObject({ code: 'ERR_LOCK_VERIFICATION' })
    expect(() => lock.lock.ensureValid()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })

  it('fails when a client ends with the lock', async () => {
    const server = await LockVerifyServer.listen({ clients: 1 })
    const [client] = await clientsOf(server, 1)
    await client!.obtainLock(directoryWith(), 'a.lock').then(({ lock }) => lock.close())
    client!.close()
    await expect(server.finished).rejects.toThrow('client 0 has ended with the lock')
  })

  it('speaks the bytes of Lucene', async () => {
    const server = await LockVerifyServer.listen({ clients: 1 })
    const socket = connect(server.port, '127.0.0.1')
    const answers: number[] = []
    for (const byte of [7, 1, 0, 1]) {
      socket.write(Uint8Array.of(byte))
      const [data] = (await once(socket, 'data')) as [Buffer]
      answers.push(...data)
    }
    expect(answers).toEqual([43, 1, 0, 1])
    socket.write(Uint8Array.of(9))
    await expect(server.finished).rejects.toThrow('client 7 said 9, which means nothing')
  })

  it('does not count clients that leave before all are there', async () => {
    const server = await LockVerifyServer.listen({ clients: 2 })
    const early = connect(server.port, '127.0.0.1').resume()
    await once(early.end(Uint8Array.of(9)), 'close')
    const first = connect(server.port, '127.0.0.1')
    first.write(Uint8Array.of(0))
    const second = await VerifyingLockFactory.connect({ id: 1, port: server.port })
    await once(first.resume().end(), 'close')
    await (await second.obtainLock(directoryWith(), 'a.lock')).release()
    second.close()
    expect(await server.finished).toBe(1)
  })

  it('turns away who comes when all are there, said who it is or not', async () => {
    const server = await LockVerifyServer.listen({ clients: 1 })
    const silent = connect(server.port, '127.0.0.1').resume()
    await once(silent, 'connect')
    const [client] = await clientsOf(server, 1)
    await once(silent, 'close')
    await expect(VerifyingLockFactory.connect({ id: 1, port: server.port })).rejects.toMatchObject({
      code: 'ERR_LOCK_VERIFICATION',
    })
    client!.close()
    expect(await server.finished).toBe(0)
  })

  it('fails when a client speaks before all are there', async () => {
    const server = await LockVerifyServer.listen({ clients: 2 })
    connect(server.port, '127.0.0.1').resume().write(Uint8Array.of(3, 1))
    await expect(server.finished).rejects.toThrow('client 3 said 1 before all clients were there')
  })

  it('hears what a client says at a time one after the other', async () => {
    const server = await LockVerifyServer.listen({ clients: 1 })
    const [client] = await clientsOf(server, 1)
    const directory = directoryWith(NoLockFactory.INSTANCE)
    const attempts = await Promise.allSettled([
      client!.obtainLock(directory, 'a.lock').then((lock) => Promise.all([lock.release(), lock.release()])),
      client!.obtainLock(directory, 'b.lock'),
    ])
    expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(server.finished).rejects.toThrow('client 0 got the lock while client 0 has it')
  })

  it('tells clients with the same number apart', async () => {
    const server = await LockVerifyServer.listen({ clients: 2 })
    const [first, second] = await Promise.all(
      [5, 5].map((id) => VerifyingLockFactory.connect({ id, port: server.port })),
    )
    const lock = await first!.obtainLock(directoryWith(), 'a.lock')
    second!.close()
    await lock.release()
    first!.close()
    expect(await server.finished).toBe(1)
  })

  it('can be closed, and refuses what makes no sense', async () => {
    const server = await LockVerifyServer.listen({ clients: 3 })
    server.close()
    await expect(server.finished).rejects.toMatchObject({ code: 'ERR_LOCK_NOT_EXCLUSIVE' })
    await expect(VerifyingLockFactory.connect({ id: 0, port: server.port })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
    for (const clients of [0, 256, 1.5, '3' as never]) {
      await expect(LockVerifyServer.listen({ clients })).rejects.toThrow(RangeError)
    }
    await expect(VerifyingLockFactory.connect({ id: -1, port: 1 })).rejects.toThrow(RangeError)
    await expect(
      stressLocks({ factory: {} as never, directory: new ByteBuffersDirectory(), rounds: 1 }),
    ).rejects.toThrow(TypeError)
  })
})
